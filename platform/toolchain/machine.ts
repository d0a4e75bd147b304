import { constants } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { compareVersions } from "./version.ts";

/** The machine as the toolchain sees it: a value, so that tests can stand in another one. */
export interface Machine {
  readonly platform: string;
  /** As Node names it: "x64", "arm64". */
  readonly architecture: string;
  readonly userId: number;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folders of programs to search after PATH, which a user who became root by `su` may lack. */
  readonly systemFolders: readonly string[];
}

export function thisMachine(): Machine {
  return {
    platform: process.platform,
    architecture: process.arch,
    userId: process.getuid?.() ?? -1,
    home: homedir(),
    env: process.env,
    systemFolders: ["/usr/sbin", "/sbin"],
  };
}

/** The folder for tools when none is named: `$XDG_CACHE_HOME/atom/tools`, or `~/.cache/atom/tools`. */
export function defaultCacheFolder(machine: Machine): string {
  const base = machine.env.XDG_CACHE_HOME;
  return join(base === undefined || base === "" ? join(machine.home, ".cache") : base, "atom", "tools");
}

/** The first executable file of that name in the folders, or undefined. */
export async function findExecutable(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The folders of PATH, then the system's. */
export function searchPath(machine: Machine): readonly string[] {
  const named = (machine.env.PATH ?? "").split(delimiter).filter((folder) => folder.startsWith("/"));
  return [...new Set([...named, ...machine.systemFolders])];
}

/** The folders that a path stands for in which one part may be `*`: the highest version first. */
export async function expandFolder(pattern: string): Promise<readonly string[]> {
  const [before, after] = pattern.split("*");
  if (before === undefined || after === undefined) return [pattern];
  const entries = await readdir(before).catch(() => []);
  return entries.toSorted((a, b) => compareVersions(b, a)).map((entry) => `${before}${entry}${after}`);
}
