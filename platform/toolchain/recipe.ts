import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { run, type CommandOutput } from "./command.ts";
import type { Machine } from "./machine.ts";
import type { PreparedModule } from "./go-module.ts";
import { isPublished, type GoModuleSource, type Tool } from "./tool.ts";

/** What the builds of a run by Go share. */
export interface GoWorkshop {
  /** For every command of Go. */
  environment(): Promise<Readonly<Record<string, string>>>;
  /** Packages that are in the build cache, with their modules' versions: filled by the builds. */
  readonly compiled: Set<string>;
  /** What was downloaded ahead for the source, if it was. */
  prepared(source: GoModuleSource): Promise<PreparedModule | undefined>;
  /** Called when a build has all that it needs of the network. */
  compilerStarts(): void;
}

/** What a source needs to bring a tool into a folder. */
export interface Workshop {
  readonly tool: Tool;
  /** Empty; what is left in it is kept. */
  readonly folder: string;
  readonly log: string;
  readonly machine: Machine;
  readonly signal: AbortSignal | undefined;
  readonly go: GoWorkshop;
  /** Reports which part is being made, and how much of the whole is done (0 to 1) where that is known. */
  readonly update: (text: string, done?: number) => void;
}

/** Programs of our own. */
const sourceRoot = join(import.meta.dirname, "src");

export function ownSource(folder: string): string {
  return join(sourceRoot, folder);
}

/** Runs a command of a workshop: its output goes to the tool's log, in English, and line by line to `onLine`. */
export function runIn(
  { machine, log, signal }: Workshop,
  cwd: string,
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
  onLine?: (line: string) => void,
): Promise<CommandOutput> {
  const [program, ...parameters] = command;
  return run(program, parameters, { cwd, env: { ...machine.env, LC_ALL: "C", ...env }, log, signal, onLine });
}

/**
 * Changes whenever the tool has to be made again: with its version, with how it is built, and with our own sources. Not with what its
 * publisher offers: a release and a build of one version are the same tool, and a new address makes neither of them worse.
 */
export async function recipeDigest(tool: Tool): Promise<string> {
  const hash = createHash("sha256");
  const { name, version, executables, directoryOf } = tool;
  const sources = tool.sources.filter((source) => !isPublished(source));
  hash.update(
    JSON.stringify({ name, version, executables, directoryOf, sources }, (_key, value: unknown) =>
      value instanceof RegExp ? value.source : value,
    ),
  );
  for (const source of sources) {
    if (source.kind !== "go-source") continue;
    const names = (await readdir(ownSource(source.folder))).toSorted();
    for (const file of names) hash.update(file).update(await readFile(join(ownSource(source.folder), file)));
  }
  return hash.digest("hex").slice(0, 16);
}
