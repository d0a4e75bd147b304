import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ImageError } from "./image-error.ts";
import type { LayerEntry } from "./layer.ts";

const run = promisify(execFile);

/** Executables and what the dynamic loader needs to run them, where it looks for it; nothing for static ones. */
export async function sharedLibraries(files: readonly string[]): Promise<readonly LayerEntry[]> {
  const paths = new Set<string>();
  for (const file of files) for (const library of await librariesOf(file)) paths.add(library);
  return [...paths].map((library) => ({ path: library, file: library, mode: 0o755 }));
}

async function librariesOf(file: string): Promise<readonly string[]> {
  const output = await ldd(file);
  const missing = [...output.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name);
  if (missing.length > 0)
    throw new ImageError(`${file} needs libraries that are not on this machine: ${missing.join(", ")}`);
  // "libm.so.6 => /lib/…/libm.so.6 (0x…)" and, for the loader itself, "/lib64/ld-linux-x86-64.so.2 (0x…)".
  return [...output.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, library = ""]) => library);
}

async function ldd(file: string): Promise<string> {
  try {
    return (await run("ldd", [file], { timeout: 10_000 })).stdout;
  } catch (cause) {
    const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr) : "";
    if (/not a dynamic executable|statically linked/.test(said)) return "";
    throw new ImageError(`ldd could not read ${file}: ${said.trim()}`, { cause });
  }
}
