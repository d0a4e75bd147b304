import { run } from "./command.ts";
import { expandFolder, findExecutable, searchPath, type Machine } from "./machine.ts";
import type { ToolFiles } from "./store.ts";
import type { OnMachine, Tool } from "./tool.ts";
import { findVersion, isAccepted } from "./version.ts";

/** A tool of the machine, or the reason why what is there will not do. */
export type Found = { readonly files: ToolFiles } | { readonly reason: string };

/** A program that only prints its version has no need of more. */
const probeTimeoutMs = 5_000;

/** Looks for a tool that the user has already: all of it, in an accepted version. Changes nothing. */
export async function searchMachine(tool: Tool, machine: Machine, signal?: AbortSignal): Promise<Found> {
  const { onMachine } = tool;
  if (onMachine === undefined) return { reason: "always our own" };
  const own = (onMachine.folders ?? []).map((folder) => folder.replace(/^~/, machine.home));
  const folders = (await Promise.all(own.map(expandFolder))).flat();
  if (tool.directoryOf !== undefined) return searchFolder(tool, tool.directoryOf, folders);
  const search = [...folders, ...searchPath(machine)];
  const executables: Record<string, string> = {};
  for (const executable of tool.executables) {
    const names = [executable, ...(onMachine.aliases?.[executable] ?? [])];
    const paths = await Promise.all(names.map((name) => findExecutable(name, search)));
    const path = paths.find((found) => found !== undefined);
    if (path === undefined) return { reason: `no ${executable} on PATH` };
    executables[executable] = path;
  }
  return probe(tool, onMachine, executables, { machine, signal });
}

async function searchFolder(tool: Tool, wanted: readonly string[], folders: readonly string[]): Promise<Found> {
  for (const directory of folders) {
    const found = await Promise.all(wanted.map((name) => findExecutable(name, [directory])));
    if (!found.includes(undefined)) return { files: { version: "any", executables: {}, directory } };
  }
  return { reason: `no folder of ${tool.name}` };
}

async function probe(
  tool: Tool,
  onMachine: OnMachine,
  executables: Readonly<Record<string, string>>,
  { machine, signal }: { machine: Machine; signal: AbortSignal | undefined },
): Promise<Found> {
  const env = { ...machine.env, LC_ALL: "C", PULUMI_SKIP_UPDATE_CHECK: "true" };
  const options = { env, timeoutMs: probeTimeoutMs, signal };
  try {
    const versions = await Promise.all(
      Object.entries(executables).map(async ([name, path]): Promise<[string, string | undefined]> => {
        const printed = await run(path, onMachine.versionArguments?.[name] ?? ["--version"], options);
        return [path, findVersion(printed.output, onMachine.versionPattern)];
      }),
    );
    for (const [path, version] of versions) {
      if (version === undefined) return { reason: `${path} does not tell its version` };
      if (onMachine.accepts !== undefined && !isAccepted(version, onMachine.accepts)) {
        return {
          reason: `${path} is ${version}, not ${onMachine.accepts.atLeast} or newer below ${onMachine.accepts.below}`,
        };
      }
    }
    const { proof } = onMachine;
    const prover = proof === undefined ? undefined : executables[proof.executable];
    if (proof !== undefined && prover !== undefined)
      await run(prover, proof.arguments, { ...options, input: proof.input });
    return { files: { version: versions[0]?.[1] ?? tool.version, executables } };
  } catch (error) {
    signal?.throwIfAborted();
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}
