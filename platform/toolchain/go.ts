import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { ownSource, runIn, type Workshop } from "./recipe.ts";
import type { ToolFiles } from "./store.ts";
import type { GoModuleFileSource, GoModuleSource, GoSource } from "./tool.ts";

/** Older ones cannot compile Kubernetes 1.36 and Istio 1.31. */
export const oldestGo = "1.26.0";

/** Programs of a module. Each is built with a go.mod of our own: a module with `replace` lines cannot be `go install`ed. */
export async function buildGoModule(source: GoModuleSource, workshop: Workshop): Promise<ToolFiles> {
  const build = await prepare(workshop);
  await writeFile(join(build, "go.mod"), "module atom.local/tool\n");
  const { GoMod } = await downloadModule(source, build, workshop);
  await writeFile(join(build, "go.mod"), goModFor(source, await readFile(GoMod, "utf8")));
  const stamps = Object.entries(source.stamps ?? {}).map(([variable, value]) => `-X ${variable}=${value}`);
  const programs = Object.entries(source.programs);
  for (const [index, [name, package_]] of programs.entries()) {
    if (programs.length > 1) workshop.update(`${name} (${index + 1} of ${programs.length})`);
    await compile(workshop, build, { name, package: package_, linkerFlags: ["-s", "-w", ...stamps] });
  }
  await rm(build, { recursive: true, force: true });
  return { version: workshop.tool.version, executables: executablesOf(programs.map(([name]) => name)) };
}

/** A program of our own. */
export async function buildGoSource(source: GoSource, workshop: Workshop): Promise<ToolFiles> {
  const build = await prepare(workshop);
  await cp(ownSource(source.folder), build, { recursive: true });
  const name = source.folder;
  await compile(workshop, build, { name, package: ".", linkerFlags: ["-s", "-w"] });
  await rm(build, { recursive: true, force: true });
  return { version: workshop.tool.version, executables: executablesOf([name]) };
}

/** A file or a folder of a module, writable unlike the module cache. */
export async function copyFromGoModule(source: GoModuleFileSource, workshop: Workshop): Promise<ToolFiles> {
  const build = await prepare(workshop);
  await writeFile(join(build, "go.mod"), "module atom.local/tool\n");
  const { Dir } = await downloadModule(source, build, workshop);
  const file = basename(source.file);
  await cp(join(Dir, source.file), join(workshop.folder, file), { recursive: true });
  await runIn(workshop, workshop.folder, ["chmod", "-R", "u+w", file]);
  await rm(build, { recursive: true, force: true });
  return { version: workshop.tool.version, executables: {}, file };
}

/**
 * A go.mod that requires the module alone and takes over what a main module decides for itself: the language version, the
 * runtime's compatibility settings and the replaced modules.
 */
export function goModFor(source: GoModuleSource, itsGoMod: string): string {
  const kept = itsGoMod.split("\n").filter((line) => /^(go|godebug) /.test(line));
  const replaced = { ...stagingModules(source, itsGoMod), ...source.replace };
  return [
    "module atom.local/tool",
    ...kept,
    `require ${source.module} ${source.version}`,
    ...Object.entries(replaced).map(([module, version]) => `replace ${module} => ${module} ${version}`),
    "",
  ].join("\n");
}

function stagingModules(source: GoModuleSource, itsGoMod: string): Record<string, string> {
  const { stagingVersion } = source;
  if (stagingVersion === undefined) return {};
  const names = [...itsGoMod.matchAll(/(\S+) => \.\/staging\//g)].map(([, name]) => name ?? "");
  return Object.fromEntries(names.map((name) => [name, stagingVersion]));
}

async function prepare({ folder }: Workshop): Promise<string> {
  const build = join(folder, "build");
  await mkdir(join(build, "tmp"), { recursive: true });
  return build;
}

interface Program {
  readonly name: string;
  readonly package: string;
  readonly linkerFlags: readonly string[];
}

async function compile(workshop: Workshop, build: string, program: Program): Promise<void> {
  const output = join(workshop.folder, "bin", program.name);
  // The cache may be inside a repository of the user, of which the program must bear no stamp.
  const flags = ["-trimpath", "-buildvcs=false", "-ldflags", program.linkerFlags.join(" "), "-o", output];
  await runIn(workshop, build, ["go", "build", ...flags, program.package], goEnvironment(build));
}

interface DownloadedModule {
  readonly GoMod: string;
  readonly Dir: string;
}

async function downloadModule(
  { module, version }: { readonly module: string; readonly version: string },
  build: string,
  workshop: Workshop,
): Promise<DownloadedModule> {
  const command = ["go", "mod", "download", "-json", `${module}@${version}`] as const;
  const { stdout } = await runIn(workshop, build, command, goEnvironment(build));
  return JSON.parse(stdout) as DownloadedModule;
}

/** The user's own proxy and checksum settings stay as they are. */
function goEnvironment(build: string): Record<string, string> {
  return {
    CGO_ENABLED: "0",
    GOFLAGS: "-mod=mod",
    GOTOOLCHAIN: "local",
    GOWORK: "off",
    GO111MODULE: "on",
    // Here it is removed with the rest when the build is killed; /tmp may also be small.
    GOTMPDIR: join(build, "tmp"),
  };
}

function executablesOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, join("bin", name)]));
}
