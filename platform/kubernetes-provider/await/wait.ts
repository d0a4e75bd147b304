import { setTimeout as delay } from "node:timers/promises";
import { ApiUnreachableError } from "../api-client.ts";
import { referenceTo, type Cluster } from "../cluster.ts";
import type { JsonObject } from "../json.ts";
import { describe } from "../kubernetes-object.ts";
import { NotReadyError, type Readiness, type ReadinessCheck } from "./readiness.ts";

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Aborted when the person cancels the update. */
  readonly signal: AbortSignal;
  /** Called with each new line of progress. */
  readonly onProgress: (message: string) => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** Pauses that grow: quick for what is ready at once, gentle on the API server for what is not. */
export function* pauses(): Generator<number, never> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) yield pause;
}

/** Reads the object and judges it. A connection that broke for a moment is a reason to look again, not to fail. */
async function look(
  cluster: Cluster,
  object: JsonObject,
  check: ReadinessCheck,
  signal: AbortSignal,
): Promise<{ live: JsonObject; readiness: Readiness }> {
  try {
    const live = await cluster.get(referenceTo(object), signal);
    return { live, readiness: await check(live, cluster, signal) };
  } catch (error) {
    if (!(error instanceof ApiUnreachableError)) throw error;
    return { live: object, readiness: { state: "waiting", message: error.message, problems: [] } };
  }
}

/** Waits until the object is ready and returns it as it is then. Throws a {@link NotReadyError} when it fails, time runs out or it is cancelled. */
export async function waitUntilReady(
  cluster: Cluster,
  object: JsonObject,
  check: ReadinessCheck,
  { timeoutMs, signal, onProgress }: WaitOptions,
): Promise<JsonObject> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const ended = AbortSignal.any([signal, deadline]);
  let last = "";
  let live = object;
  let problems: readonly string[] = [];
  for (const pause of pauses()) {
    try {
      const seen = await look(cluster, live, check, ended);
      live = seen.live;
      if (seen.readiness.state === "ready") return live;
      const { state, message } = seen.readiness;
      problems = seen.readiness.problems;
      if (state === "failed") throw new NotReadyError(`${describe(live)}: ${message}`, problems, live);
      const progress = [message, ...problems].join("; ");
      if (progress !== last) onProgress(progress);
      last = progress;
      await delay(pause, undefined, { signal: ended });
    } catch (error) {
      if (!ended.aborted || error instanceof NotReadyError) throw error;
      const how = signal.aborted ? "was cancelled" : `was not ready within ${timeoutMs / 1000} s`;
      throw new NotReadyError(`${describe(live)} ${how}${last === "" ? "" : `: ${last}`}`, problems, live);
    }
  }
  return live;
}
