import { labelKeys } from "../../components/names/labels.ts";
import { ClusterClient } from "../cluster/client.ts";
import { openConnection } from "../cluster/connection.ts";
import { ClusterError } from "../cluster/errors.ts";
import { deployments, type Deployment } from "../cluster/resources.ts";
import { systemClock } from "../clock/system-clock.ts";
import { runReportedStackCommand, type ReportedEnd } from "../converge/stack-process.ts";
import type { StackChanges } from "../engine-events/changes.ts";
import { parseChanges } from "../engine-events/parse.ts";
import { scrubbedChanges } from "../engine-events/scrub.ts";
import { placeOfStack } from "../target/target.ts";
import { driftOf, LookError, withResources, type StackDrift } from "./drift.ts";
import { foreignFields } from "./foreign-fields.ts";
import { isSlot } from "./releaser-fields.ts";

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
 * Asks the engine how an environment is other than its last update left it, and the API server what of the pods that serve others have set;
 * nothing is changed, neither there nor in the state. Rejects with a {@link LookError} that holds the end of the engine's output, or with the
 * signal's reason once the engine has ended.
 */
export async function lookForDrift(
  { stack, folder, onOutput, scrub }: LookOptions,
  signal: AbortSignal,
): Promise<StackDrift> {
  const words = ["refresh", "--stack", stack, "--preview-only"];
  const changes = readLook(stack, await runReportedStackCommand({ words, folder, onOutput }, signal), scrub);
  const drift = driftOf(stack, changes);
  if (!changes.resources.some(isSlot)) return drift;
  return withResources(drift, foreignFields(await slotsOf(stack, folder, signal)));
}

/** The Deployments of all services' slots. */
async function slotsOf(stack: string, folder: string, signal: AbortSignal): Promise<readonly Deployment[]> {
  const { namespace, source } = await placeOfStack(stack, folder);
  const connection = await openConnection(source);
  try {
    const cluster = new ClusterClient(connection, systemClock);
    return await cluster.list(deployments, { namespace, selector: labelKeys.slot }, { signal });
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    throw new LookError(`the slots of ${stack} could not be looked at: ${error.message}`, { cause: error });
  } finally {
    connection.close();
  }
}

/** Reads what a look found from how its command ended. Nothing unscrubbed is in it. Throws as {@link lookForDrift} rejects. */
export function readLook(
  stack: string,
  { code, lastLines, events }: Pick<ReportedEnd, "code" | "lastLines" | "events">,
  scrub: LookOptions["scrub"],
): StackChanges {
  const changes = scrubbedChanges(parseChanges(events, `the look at ${stack}`), scrub);
  // One that did not come to its end has no summary, and must not pass for one that found nothing.
  if (code !== 0 || changes.outcome === "failed")
    throw new LookError(`${stack} could not be looked at (exit code ${code ?? "none"}):\n${scrub(lastLines)}`);
  return changes;
}
