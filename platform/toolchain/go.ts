import { cp, mkdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { availableParallelism, totalmem } from "node:os";
import { downloadModule, prepareModule, type PreparedModule } from "./go-module.ts";
import { ownSource, runIn, type Workshop } from "./recipe.ts";
import type { ToolFiles } from "./store.ts";
import type { GoModuleFileSource, GoModuleSource, GoSource } from "./tool.ts";

/** Older ones cannot compile Kubernetes 1.36 and Istio 1.31. */
export const oldestGo = "1.26.0";

/** Programs of a module, with one command for all of them: what they share is loaded, compiled and hashed once. */
export async function buildGoModule(source: GoModuleSource, workshop: Workshop): Promise<ToolFiles> {
  const scratch = await scratchFolder(workshop);
  workshop.update("downloading its modules");
  const module = (await workshop.go.prepared(source)) ?? (await prepareModule(source, scratch, workshop));
  const stamps = Object.entries(source.stamps ?? {}).map(([variable, value]) => `-X ${variable}=${value}`);
  await compile(workshop, { ...module, programs: source.programs, stamps, tags: source.tags ?? [] });
  await rm(scratch, { recursive: true, force: true });
  return { version: workshop.tool.version, executables: executablesOf(Object.keys(source.programs)) };
}

/** A program of our own. */
export async function buildGoSource(source: GoSource, workshop: Workshop): Promise<ToolFiles> {
  const folder = await scratchFolder(workshop);
  await cp(ownSource(source.folder), folder, { recursive: true });
  const name = source.folder;
  await compile(workshop, { folder, packages: [], programs: { [name]: "." }, stamps: [], tags: [] });
  await rm(folder, { recursive: true, force: true });
  return { version: workshop.tool.version, executables: executablesOf([name]) };
}

/** A file or a folder of a module, writable unlike the module cache. */
export async function copyFromGoModule(source: GoModuleFileSource, workshop: Workshop): Promise<ToolFiles> {
  const scratch = await scratchFolder(workshop);
  const { Dir } = await downloadModule(source, scratch, workshop);
  const file = basename(source.file);
  await cp(join(Dir, source.file), join(workshop.folder, file), { recursive: true });
  await runIn(workshop, workshop.folder, ["chmod", "-R", "u+w", file]);
  await rm(scratch, { recursive: true, force: true });
  return { version: workshop.tool.version, executables: {}, file };
}

async function scratchFolder({ folder }: Workshop): Promise<string> {
  const scratch = join(folder, "build");
  await mkdir(join(scratch, "tmp"), { recursive: true });
  return scratch;
}

interface Build extends PreparedModule {
  /** Executable name → package. */
  readonly programs: Readonly<Record<string, string>>;
  /** Linker flags that tell the programs their version. */
  readonly stamps: readonly string[];
  readonly tags: readonly string[];
}

async function compile(workshop: Workshop, build: Build): Promise<void> {
  const bin = join(workshop.folder, "bin");
  await mkdir(bin, { recursive: true });
  const programs = Object.entries(build.programs);
  const [only] = programs.length === 1 ? programs : [];
  workshop.go.compilerStarts();
  const flags = [
    // The cache may be inside a repository of the user, of which the program must bear no stamp.
    ...["-trimpath", "-buildvcs=false", "-v"],
    // The linker would leave the debug information out of the program; without this, it is compiled and cached all the same.
    "-gcflags=all=-dwarf=false",
    ...(build.tags.length === 0 ? [] : ["-tags", build.tags.join(",")]),
    ...["-ldflags", ["-s", "-w", ...build.stamps].join(" ")],
    ...["-o", only === undefined ? `${bin}/` : join(bin, only[0])],
  ];
  const environment = { ...compilerMemory(), GOTMPDIR: join(workshop.folder, "build", "tmp") };
  const command = ["go", "build", ...flags, ...programs.map(([, package_]) => package_)] as const;
  await runIn(
    workshop,
    build.folder,
    command,
    { ...(await workshop.go.environment()), ...environment },
    progressOf(workshop, build),
  );
  if (only !== undefined) return;
  for (const [name, package_] of programs) {
    const built = executableOf(package_);
    if (built !== name) await rename(join(bin, built), join(bin, name));
  }
}

/**
 * The compiler is many short processes that end soon after their garbage was collected: with more heap they collect less often. The
 * limit keeps two of them for each core within half of the machine's memory.
 */
export function compilerMemory(
  memory = totalmem(),
  cores = availableParallelism(),
): Record<"GOGC" | "GOMEMLIMIT", string> {
  const megabytes = Math.max(256, Math.floor(memory / 2 ** 20 / (4 * cores)));
  return { GOGC: "400", GOMEMLIMIT: `${megabytes}MiB` };
}

/** Go's name for the program of a package: the last element of its path that is no major version. */
export function executableOf(package_: string): string {
  const elements = package_.split("/");
  const last = elements.at(-1) ?? package_;
  return /^v\d+$/.test(last) ? (elements.at(-2) ?? last) : last;
}

/** The linker's work for each program, in packages compiled. */
const linkedAs = 30;

/** Counts the packages that `go build -v` names while it compiles them. */
function progressOf({ go, update }: Workshop, { packages, programs }: Build): (line: string) => void {
  const waiting = new Map(packages.filter((package_) => !go.compiled.has(package_)).map((p) => [p.split("@")[0], p]));
  const total = waiting.size;
  const work = total + linkedAs * Object.keys(programs).length;
  let done = 0;
  return (line) => {
    const package_ = waiting.get(line);
    if (package_ === undefined) return;
    waiting.delete(line);
    go.compiled.add(package_);
    done += 1;
    update(done === total ? "linking" : `${done} of ${total} packages`, done / work);
  };
}

function executablesOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, join("bin", name)]));
}
