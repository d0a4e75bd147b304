import { access, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CommandError } from "./command.ts";
import { missingLibraries, unpackedPaths, writeLauncher } from "./launcher.ts";
import { runIn, type Workshop } from "./recipe.ts";
import type { ToolFiles } from "./store.ts";
import type { DebianSource } from "./tool.ts";

/** Libraries that a program needs; never the C library, which must be the one of the machine's own loader. */
const libraryPackage = /^(lib(?!c6$|c-bin$|llvm)|lua-)/;

/**
 * Unpacks packages of the distribution below `root/` and puts links, or scripts where a program has to be told where its
 * libraries are, into `bin/`. Nothing is installed: no service starts and the machine's packages stay as they are.
 */
export async function unpackDebian(source: DebianSource, workshop: Workshop): Promise<ToolFiles> {
  const names = await withFreshLists(workshop, () => namesOf(source, workshop));
  await withFreshLists(workshop, () => unpack(names, workshop));
  const version = await versionOf(names[0] ?? "", workshop);
  const programs = await programPaths(source, workshop);
  if ((await missingLibraries(Object.values(programs), workshop)).length > 0) {
    await unpack(
      (await uninstalledDependencies(names, workshop)).filter((name) => libraryPackage.test(name)),
      workshop,
    );
    const missing = await missingLibraries(Object.values(programs), workshop);
    if (missing.length > 0) throw new Error(`no package of the distribution holds ${missing.join(", ")}`);
  }
  for (const pattern of source.omit ?? []) {
    for (const path of await unpackedPaths(pattern, workshop)) await rm(path);
  }
  await rm(join(workshop.folder, "packages"), { recursive: true });
  const executables: Record<string, string> = {};
  await mkdir(join(workshop.folder, "bin"));
  for (const [name, path] of Object.entries(programs)) {
    executables[name] = join("bin", name);
    await writeLauncher(name, path, source.environment ?? {}, workshop);
  }
  const directory = source.directory === undefined ? undefined : join("root", source.directory);
  return { version, executables, directory };
}

const apt = ["apt-get", "--quiet", "--option", "Debug::NoLocking=1", "--option", "APT::Sandbox::User=root"] as const;

/** Package lists that are missing or out of date are read once more, and the work is tried again. */
async function withFreshLists<T>(workshop: Workshop, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    workshop.update("reading package lists");
    await runIn(workshop, workshop.folder, ["apt-get", "--quiet", "update"]);
    return work();
  }
}

async function namesOf(source: DebianSource, workshop: Workshop): Promise<readonly string[]> {
  const names: string[] = [];
  for (const package_ of source.packages) {
    if (typeof package_ === "string") {
      names.push(package_);
      continue;
    }
    const { dependencyOf, named } = package_;
    const { stdout } = await runIn(workshop, workshop.folder, ["apt-cache", "depends", "--important", dependencyOf]);
    const found = [...stdout.matchAll(/Depends: (\S+)/g)]
      .map(([, name]) => name ?? "")
      .find((name) => named.test(name));
    if (found === undefined)
      throw new Error(`the package ${dependencyOf} depends on none that is named ${named.source}`);
    names.push(found);
  }
  return names;
}

async function unpack(names: readonly string[], workshop: Workshop): Promise<void> {
  const packages = join(workshop.folder, "packages");
  await rm(packages, { recursive: true, force: true });
  await mkdir(packages);
  if (names.length === 0) return;
  workshop.update(`downloading ${names.join(", ")}`);
  await runIn(workshop, packages, [...apt, "download", ...names]);
  for (const file of await readdir(packages)) {
    await runIn(workshop, packages, ["dpkg-deb", "--extract", file, join(workshop.folder, "root")]);
  }
}

/** What the package manager would install besides; it is only asked. */
async function uninstalledDependencies(names: readonly string[], workshop: Workshop): Promise<readonly string[]> {
  const command = [...apt, "--simulate", "--no-install-recommends", "install", ...names] as const;
  const { stdout } = await runIn(workshop, workshop.folder, [...command]);
  const all = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? "");
  return all.filter((name) => !names.includes(name));
}

async function versionOf(name: string, workshop: Workshop): Promise<string> {
  const packages = join(workshop.folder, "packages");
  const file = (await readdir(packages)).find((entry) => entry.startsWith(`${name}_`)) ?? name;
  const { stdout } = await runIn(workshop, packages, ["dpkg-deb", "--field", file, "Version"]);
  return stdout.trim();
}

async function programPaths(source: DebianSource, workshop: Workshop): Promise<Record<string, string>> {
  const paths: Record<string, string> = {};
  for (const [name, pattern] of Object.entries(source.programs)) {
    const [path] = await unpackedPaths(pattern, workshop);
    if (path === undefined) throw new Error(`the package has no ${pattern}`);
    paths[name] = path;
  }
  if (source.directory !== undefined) await access(join(workshop.folder, "root", source.directory));
  return paths;
}
