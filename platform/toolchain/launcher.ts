import { chmod, glob, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { CommandError } from "./command.ts";
import { runIn, type Workshop } from "./recipe.ts";

/** The unpacked files that a path with `*` in it stands for. */
export async function unpackedPaths(pattern: string, { folder }: Workshop): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const path of glob(join(folder, "root", pattern))) paths.push(path);
  return paths;
}

/** Names of shared libraries that the loader does not find, ours included. */
export async function missingLibraries(programs: readonly string[], workshop: Workshop): Promise<readonly string[]> {
  if (programs.length === 0) return [];
  const libraries = await libraryFolders(workshop);
  const missing = new Set<string>();
  for (const program of programs) {
    // A static program makes ldd end with an error, and lacks nothing.
    const printed = await ldd(program, libraries, workshop);
    for (const [, name] of printed.matchAll(/(\S+) => not found/g)) missing.add(name ?? "");
  }
  return [...missing];
}

async function ldd(program: string, libraries: readonly string[], workshop: Workshop): Promise<string> {
  try {
    return (await runIn(workshop, workshop.folder, ["ldd", program], { LD_LIBRARY_PATH: libraries.join(":") })).stdout;
  } catch (error) {
    if (error instanceof CommandError) return "";
    throw error;
  }
}

async function libraryFolders(workshop: Workshop): Promise<readonly string[]> {
  const patterns = ["usr/lib/*-linux-*", "lib/*-linux-*"];
  return (await Promise.all(patterns.map((pattern) => unpackedPaths(pattern, workshop)))).flat();
}

/**
 * Makes `bin/<name>`: a link to the program, or a script when it has to be told where its libraries and the folders of
 * `environment` are. Both are relative, so that they hold when the tool is moved to its place.
 */
export async function writeLauncher(
  name: string,
  program: string,
  environment: Readonly<Record<string, string>>,
  workshop: Workshop,
): Promise<void> {
  const launcher = join(workshop.folder, "bin", name);
  const fromHere = (path: string): string => relative(dirname(launcher), path);
  const variables = await variablesFor(program, environment, workshop);
  if (Object.keys(variables).length === 0) {
    await symlink(fromHere(program), launcher);
    return;
  }
  const lines = Object.entries(variables).map(
    ([variable, folders]) => `export ${variable}="${folders.map((folder) => `$here/${fromHere(folder)}`).join(":")}"`,
  );
  const script = [
    "#!/bin/sh",
    "# The program was unpacked, not installed: this tells it where its files are.",
    'here=$(dirname "$(readlink -f "$0")")',
    ...lines,
    `exec "$here/${fromHere(program)}" "$@"`,
    "",
  ];
  await writeFile(launcher, script.join("\n"));
  await chmod(launcher, 0o755);
}

async function variablesFor(
  program: string,
  environment: Readonly<Record<string, string>>,
  workshop: Workshop,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const variables: Record<string, readonly string[]> = {};
  for (const [name, pattern] of Object.entries(environment)) variables[name] = await unpackedPaths(pattern, workshop);
  const withoutOurs = await ldd(program, [], workshop);
  if (withoutOurs.includes("not found")) variables.LD_LIBRARY_PATH = await libraryFolders(workshop);
  return variables;
}
