import { access, chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Cost } from "./cost.ts";
import { withLock, type LockOptions } from "./lock.ts";
import { compareVersions } from "./version.ts";

/** What a finished tool consists of; the paths are relative in the store and absolute outside. */
export interface ToolFiles {
  readonly version: string;
  readonly executables: Readonly<Record<string, string>>;
  readonly directory?: string | undefined;
  readonly file?: string | undefined;
  /** The source that it came from, in words. @default not known: it is the machine's own, or from before this was kept */
  readonly origin?: string | undefined;
  /** What it took to bring it here; unknown for a tool of the machine. */
  readonly cost?: Cost | undefined;
}

interface Manifest extends ToolFiles {
  /** Digest of the row of the table and of sources of our own: a changed recipe is built again. */
  readonly recipe: string;
}

const manifestName = "tool.json";
const buildPrefix = ".building-";

/**
 * The cache: `<root>/<tool>/<version>/`. A tool is made in a folder beside its place and moved there when it is whole, so
 * that what a killed build leaves is never taken for a tool. Logs are in `<root>/logs/`.
 */
export class ToolStore {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  logOf(tool: string): string {
    return join(this.root, "logs", `${tool}.log`);
  }

  /** The newest whole tool that was made by this recipe. */
  async find(tool: string, recipe: string): Promise<ToolFiles | undefined> {
    const names = await readdir(join(this.root, tool)).catch(() => []);
    for (const name of names.filter((entry) => !entry.startsWith(".")).toSorted(newestFirst)) {
      const files = await readTool(join(this.root, tool, name), recipe);
      if (files !== undefined) return files;
    }
    return undefined;
  }

  /**
   * Lets `make` fill an empty folder under the tool's lock and keeps the result; when another process kept one meanwhile,
   * that is returned and nothing is made. `make` returns paths relative to the folder.
   */
  async keep(
    tool: string,
    recipe: string,
    make: (folder: string) => Promise<ToolFiles>,
    options: LockOptions,
  ): Promise<ToolFiles> {
    const home = join(this.root, tool);
    await mkdir(join(this.root, "logs"), { recursive: true });
    return withLock(join(home, ".lock"), options, async () => {
      const made = await this.find(tool, recipe);
      if (made !== undefined) return made;
      await removeLeftovers(home);
      const folder = await mkdtemp(join(home, buildPrefix));
      try {
        return await place(folder, recipe, await make(folder));
      } catch (error) {
        await rm(folder, { recursive: true, force: true });
        throw error;
      }
    });
  }
}

/** Makes what was built in a folder the tool of its version. */
async function place(folder: string, recipe: string, files: ToolFiles): Promise<ToolFiles> {
  const manifest: Manifest = { ...files, recipe };
  await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`);
  const isWhole = (await readTool(folder, recipe)) !== undefined;
  if (!isWhole) throw new Error("what was made lacks a file that its recipe promises");
  const home = join(dirname(folder), folderNameOf(files.version));
  await chmod(folder, 0o755);
  await replaceFolder(folder, home);
  return inFolder(home, manifest);
}

/** A version without its epoch ("5:7.0.15") and without what has a meaning in PATH. */
function folderNameOf(version: string): string {
  return version.replace(/^\d+:/, "").replace(/[^\w.+~-]/g, "_");
}

/** The lock is ours: whatever is being built there belongs to a process that died. */
async function removeLeftovers(home: string): Promise<void> {
  const names = (await readdir(home)).filter((name) => name.startsWith(buildPrefix));
  for (const name of names) await rm(join(home, name), { recursive: true, force: true });
}

/** Moves a folder to a place where an older one may be; programs that run from the older one go on running. */
async function replaceFolder(folder: string, home: string): Promise<void> {
  const old = `${folder}-old`;
  await rename(home, old).catch(() => undefined);
  await rename(folder, home);
  await rm(old, { recursive: true, force: true });
}

async function readTool(folder: string, recipe: string): Promise<ToolFiles | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, manifestName), "utf8")) as Manifest;
    if (manifest.recipe !== recipe) return undefined;
    const files = inFolder(folder, manifest);
    const paths = [...Object.values(files.executables), files.directory, files.file];
    await Promise.all(paths.filter((path) => path !== undefined).map((path) => access(path)));
    return files;
  } catch {
    return undefined; // not whole: it is made again
  }
}

function inFolder(folder: string, { version, executables, directory, file, origin, cost }: ToolFiles): ToolFiles {
  const inside = (path: string | undefined): string | undefined => (path === undefined ? path : join(folder, path));
  return {
    version,
    executables: Object.fromEntries(Object.entries(executables).map(([name, path]) => [name, join(folder, path)])),
    directory: inside(directory),
    file: inside(file),
    ...(origin === undefined ? {} : { origin }),
    ...(cost === undefined ? {} : { cost }),
  };
}

function newestFirst(a: string, b: string): number {
  return compareVersions(b, a);
}
