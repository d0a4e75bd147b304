import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { run, type CommandOutput } from "./command.ts";
import type { Machine } from "./machine.ts";
import { isPublished, type Tool } from "./tool.ts";

/** What a source needs to bring a tool into a folder. */
export interface Workshop {
  readonly tool: Tool;
  /** Empty; what is left in it is kept. */
  readonly folder: string;
  readonly log: string;
  readonly machine: Machine;
  readonly signal: AbortSignal | undefined;
  /** Tells the user which part is being made. */
  readonly update: (text: string) => void;
}

/** Programs of our own. */
const sourceRoot = join(import.meta.dirname, "src");

export function ownSource(folder: string): string {
  return join(sourceRoot, folder);
}

/** Runs a command of a workshop: its output goes to the tool's log, in English. */
export function runIn(
  { machine, log, signal }: Workshop,
  cwd: string,
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandOutput> {
  const [program, ...parameters] = command;
  return run(program, parameters, { cwd, env: { ...machine.env, LC_ALL: "C", ...env }, log, signal });
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
