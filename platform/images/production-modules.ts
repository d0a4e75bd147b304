import { readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { ImageError } from "./image-error.ts";
import type { LayerEntry } from "./layer.ts";

const names = z.record(z.string(), z.string()).default({});

const packageSchema = z.object({
  version: z.string().optional(),
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean().default(false) })).default({}),
  os: z.array(z.string()).optional(),
});

const lockSchema = z.object({ packages: z.record(z.string(), packageSchema) });

type Package = z.infer<typeof packageSchema>;

/** What a program loads is code, data and native modules: no TypeScript, whose types Node does not strip here, and no modules for Bare. */
const needlessFile = /\.(?:[cm]?ts|bare|map|md|markdown|flow|html)$/i;
/** In a package's own folder; deeper down the names may mean something else. */
const needlessFolders: ReadonlySet<string> = new Set([
  ".github",
  "benchmark",
  "benchmarks",
  "docs",
  "example",
  "examples",
  "test",
  "tests",
]);

/**
 * The files that a workspace needs at run time, from the installed `node_modules`, as the lock file describes them: so an
 * image holds the versions that were tested, and making it asks no registry.
 * @param root the folder of package-lock.json
 * @param workspace the workspace's folder, relative to `root`; "" is the project itself
 * @param target where the workspace lies in the image, e.g. "/app"
 * @param only those of the workspace's dependencies that are needed, by name; default: all
 */
export async function productionModules(
  root: string,
  workspace: string,
  target: string,
  only?: readonly string[],
): Promise<readonly LayerEntry[]> {
  const { packages } = lockSchema.parse(JSON.parse(await readFile(path.join(root, "package-lock.json"), "utf8")));
  const wanted = only === undefined ? packages : { ...packages, [workspace]: needing(packages[workspace], only) };
  const entries: LayerEntry[] = [];
  for (const location of await closure(wanted, root, workspace)) {
    await checkInstalled(root, location, packages[location]);
    const inImage = location.startsWith(`${workspace}/`) ? location.slice(workspace.length + 1) : location;
    for (const file of await filesOf(path.join(root, location), needlessFolders))
      entries.push({ path: path.posix.join(target, inImage, file), file: path.join(root, location, file) });
  }
  const seen = new Set<string>();
  for (const entry of entries) {
    if (seen.has(entry.path)) throw new ImageError(`Two versions of a package want to be at ${entry.path}.`);
    seen.add(entry.path);
  }
  return entries;
}

/** The workspace as if it depended on these packages alone. */
function needing(workspace: Package | undefined, only: readonly string[]): Package {
  const dependencies = Object.fromEntries(
    only.map((name) => {
      const version = workspace?.dependencies[name];
      if (version === undefined)
        throw new ImageError(`${name} is imported and is none of the dependencies in package.json.`);
      return [name, version];
    }),
  );
  return packageSchema.parse({ dependencies });
}

/** Locations in the lock file, such as "node_modules/pg", of all that the workspace depends on. */
async function closure(
  packages: Readonly<Record<string, Package>>,
  root: string,
  workspace: string,
): Promise<readonly string[]> {
  const found = new Set<string>();
  const open = [workspace];
  for (let location = open.pop(); location !== undefined; location = open.pop()) {
    const entry = packages[location];
    if (entry === undefined) throw new ImageError(`package-lock.json has no ${location}; run npm install.`);
    const isOptionalPeer = (name: string): boolean => entry.peerDependenciesMeta[name]?.optional === true;
    const required = [
      ...Object.keys(entry.dependencies).filter((name) => !(name in entry.optionalDependencies)),
      ...Object.keys(entry.peerDependencies).filter((name) => !isOptionalPeer(name)),
    ].filter((name) => !name.startsWith("@types/"));
    const wanted = required.map((name) => ({ name, dependency: resolve(packages, location, name) }));
    for (const { name, dependency } of wanted)
      if (dependency === undefined)
        throw new ImageError(`package-lock.json does not say where ${location} finds ${name}.`);
    for (const name of Object.keys(entry.optionalDependencies)) {
      const dependency = resolve(packages, location, name);
      // The one native module for this machine is needed; an optional package for any machine is a feature that we do not use.
      const isNative = dependency !== undefined && packages[dependency]?.os !== undefined;
      if (isNative && (await isFolder(path.join(root, dependency)))) wanted.push({ name, dependency });
    }
    for (const { dependency } of wanted)
      if (dependency !== undefined && !found.has(dependency)) {
        found.add(dependency);
        open.push(dependency);
      }
  }
  return [...found].sort();
}

/** As Node does: the nearest node_modules upwards. */
function resolve(packages: Readonly<Record<string, Package>>, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = path.posix.dirname(folder)) {
    const location = path.posix.join(folder, "node_modules", name);
    if (location in packages) return location;
    if (folder === ".") return undefined;
  }
}

async function checkInstalled(root: string, location: string, locked: Package | undefined): Promise<void> {
  const file = path.join(root, location, "package.json");
  let installed: string | undefined;
  try {
    installed = packageSchema.parse(JSON.parse(await readFile(file, "utf8"))).version;
  } catch (cause) {
    throw new ImageError(`${location} is not installed; run npm ci.`, { cause });
  }
  if (installed !== locked?.version)
    throw new ImageError(
      `${location} is ${String(installed)}, and package-lock.json says ${String(locked?.version)}; run npm ci.`,
    );
}

async function filesOf(folder: string, without: ReadonlySet<string> = new Set()): Promise<readonly string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    // Nested packages have locations of their own.
    if (entry.name === "node_modules" || without.has(entry.name)) continue;
    if (entry.isDirectory())
      for (const file of await filesOf(path.join(folder, entry.name))) files.push(path.posix.join(entry.name, file));
    else if (entry.isFile() && !needlessFile.test(entry.name)) files.push(entry.name);
  }
  return files;
}

async function isFolder(folder: string): Promise<boolean> {
  return await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
