import { readdir, readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import path from "node:path";
import { ImageError } from "./image-error.ts";

/** What a program is made of. */
export interface ProgramFiles {
  /** Relative to the project, sorted: everything in the program's folder, and the modules elsewhere that it imports. */
  readonly files: readonly string[];
  /** Names of the npm packages that those modules import, sorted. */
  readonly packages: readonly string[];
}

/** A whole import or export statement that is still there when the types are gone. */
const statement = /^\s*(?:import|export)\s+(?!type\s)(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm;
const dynamicImport = /\bimport\("([^"]+)"\)/g;

/**
 * Follows the imports of a program's modules. Throws an {@link ImageError} where one names a file that is not there.
 * @param root the project's folder
 * @param folder the program's folder, relative to `root`
 */
export async function programFiles(root: string, folder: string): Promise<ProgramFiles> {
  const files = new Set(await filesUnder(root, folder));
  const packages = new Set<string>();
  // Whatever is added to a set while it is walked is walked as well.
  for (const file of files) {
    if (!file.endsWith(".ts")) continue;
    for (const imported of importsIn(await sourceOf(root, file)))
      if (imported.startsWith(".")) files.add(path.posix.join(path.posix.dirname(file), imported));
      else if (!isBuiltin(imported)) packages.add(packageOf(imported));
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}

async function filesUnder(root: string, folder: string): Promise<readonly string[]> {
  const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !/^(?:Dockerfile|README)\b/.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}

async function sourceOf(root: string, file: string): Promise<string> {
  try {
    return await readFile(path.join(root, file), "utf8");
  } catch (cause) {
    throw new ImageError(`${file} is imported and cannot be read.`, { cause });
  }
}

function importsIn(source: string): readonly string[] {
  return [statement, dynamicImport].flatMap((form) => [...source.matchAll(form)].map(([, imported = ""]) => imported));
}

function isBuiltin(name: string): boolean {
  return name.startsWith("node:") || builtinModules.includes(name);
}

/** "@scope/name" of "@scope/name/file.js". */
function packageOf(name: string): string {
  return name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
}
