import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { runStackCommand } from "../converge/stack-process.ts";
import { parseChanges } from "../engine-events/parse.ts";
import { scrubbedChanges } from "../engine-events/scrub.ts";
import { driftOf, type StackDrift } from "./drift.ts";

/** The engine could not be asked how an environment is. */
export class LookError extends Error {
  override readonly name = "LookError";
}

export interface LookOptions {
  readonly stack: string;
  /** The project's folder, with Pulumi.yaml. */
  readonly folder: string;
  /** Is given what the engine prints, as it comes. */
  readonly onOutput: (text: string) => void;
  /** Takes secrets out of a text. */
  readonly scrub: (text: string) => string;
}

/**
 * Asks the engine how an environment is other than its last update left it; nothing is changed, neither there nor in the state. Rejects with a
 * {@link LookError} that holds the end of the engine's output, or with the signal's reason once the engine has ended.
 */
export async function lookForDrift(
  { stack, folder, onOutput, scrub }: LookOptions,
  signal: AbortSignal,
): Promise<StackDrift> {
  const own = await mkdtemp(path.join(tmpdir(), "atom-drift-"));
  try {
    const events = path.join(own, "events.jsonl");
    const words = ["refresh", "--stack", stack, "--preview-only", "--events", events];
    const { code, lastLines } = await runStackCommand({ words, folder, onOutput }, signal);
    if (code !== 0) throw new LookError(`${stack} could not be looked at (exit code ${code ?? "none"}):\n${lastLines}`);
    return driftOf(stack, scrubbedChanges(parseChanges(await readFile(events, "utf8"), events), scrub));
  } finally {
    await rm(own, { recursive: true });
  }
}
