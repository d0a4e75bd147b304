import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runIn, type Workshop } from "./recipe.ts";
import type { GoModuleSource } from "./tool.ts";

/** A go.mod of our own for a module's programs, with all that their build needs in the module cache. */
export interface PreparedModule {
  /** Where `go build` runs. */
  readonly folder: string;
  /** The packages that the programs consist of, each with its module's version. */
  readonly packages: readonly string[];
}

interface DownloadedModule {
  readonly GoMod: string;
  readonly Dir: string;
}

/** Downloads what the build of the programs needs and nothing else; the folder gets the go.mod. */
export async function prepareModule(
  source: GoModuleSource,
  folder: string,
  workshop: Workshop,
): Promise<PreparedModule> {
  const { GoMod } = await downloadModule(source, folder, workshop);
  await writeFile(join(folder, "go.mod"), goModFor(source, await readFile(GoMod, "utf8")));
  const tags = source.tags === undefined ? [] : ["-tags", source.tags.join(",")];
  const format = "{{.ImportPath}}@{{with .Module}}{{.Version}}{{end}}";
  const programs = Object.values(source.programs);
  const command = ["go", "list", ...tags, "-deps", "-f", format, ...programs] as const;
  const { stdout } = await runIn(workshop, folder, command, await workshop.go.environment());
  return { folder, packages: stdout.split("\n").filter((line) => line !== "") };
}

export async function downloadModule(
  { module, version }: { readonly module: string; readonly version: string },
  folder: string,
  workshop: Workshop,
): Promise<DownloadedModule> {
  await writeFile(join(folder, "go.mod"), "module atom.local/tool\n");
  const command = ["go", "mod", "download", "-json", `${module}@${version}`] as const;
  const { stdout } = await runIn(workshop, folder, command, await workshop.go.environment());
  return JSON.parse(stdout) as DownloadedModule;
}

/**
 * A go.mod that requires the module alone and takes over what a main module decides for itself: the language version, the
 * runtime's compatibility settings and the replaced modules. A module with `replace` lines cannot be `go install`ed.
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
