import { runReportedStackCommand, type ReportedEnd } from "../converge/stack-process.ts";
import { parseChanges } from "../engine-events/parse.ts";
import { scrubbedChanges } from "../engine-events/scrub.ts";
import { driftOf, LookError, type StackDrift } from "./drift.ts";

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
  const words = ["refresh", "--stack", stack, "--preview-only"];
  return readLook(stack, await runReportedStackCommand({ words, folder, onOutput }, signal), scrub);
}

/** Reads a look from how its command ended. Nothing unscrubbed is in it. Throws as {@link lookForDrift} rejects. */
export function readLook(
  stack: string,
  { code, lastLines, events }: Pick<ReportedEnd, "code" | "lastLines" | "events">,
  scrub: LookOptions["scrub"],
): StackDrift {
  const changes = scrubbedChanges(parseChanges(events, `the look at ${stack}`), scrub);
  // One that did not come to its end has no summary, and must not pass for one that found nothing.
  if (code !== 0 || changes.outcome === "failed")
    throw new LookError(`${stack} could not be looked at (exit code ${code ?? "none"}):\n${scrub(lastLines)}`);
  return driftOf(stack, changes);
}
