import { setTimeout as delay } from "node:timers/promises";
import { ApiUnreachableError, isNotFound } from "../api-client.ts";
import { referenceTo, type Cluster } from "../cluster.ts";
import type { JsonObject } from "../json.ts";
import { describe } from "../kubernetes-object.ts";
import { lastLogLines } from "./pod.ts";
import { NotReadyError, waiting, type Readiness, type ReadinessCheck, type Unready } from "./readiness.ts";

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

interface Sight {
  readonly live: JsonObject;
  readonly readiness: Readiness;
}

/** Reads the object and judges it. A connection that broke for a moment is a reason to look again, not to fail. */
async function look(cluster: Cluster, object: JsonObject, check: ReadinessCheck, signal: AbortSignal): Promise<Sight> {
  try {
    const live = await cluster.get(referenceTo(object), signal);
    return { live, readiness: await check(live, cluster, signal) };
  } catch (error) {
    if (!(error instanceof ApiUnreachableError)) throw error;
    return { live: object, readiness: waiting(error.message) };
  }
}

/** The error for an object that is not ready, with the last words of its containers. */
export async function notReady(
  cluster: Cluster,
  live: JsonObject,
  how: string,
  unready: Unready,
): Promise<NotReadyError> {
  const { message, problems, pods } = unready;
  const said = message === "" ? how : `${how}: ${message}`;
  return new NotReadyError(`${describe(live)} ${said}`, [...problems, ...(await lastLogLines(cluster, pods))], live);
}

/**
 * Waits until the object is ready and returns it as it is then. Throws a {@link NotReadyError} when it fails, time runs out, it is cancelled
 * or it cannot be judged; when the object is gone, the API server's error.
 */
export async function waitUntilReady(
  cluster: Cluster,
  object: JsonObject,
  check: ReadinessCheck,
  { timeoutMs, signal, onProgress }: WaitOptions,
): Promise<JsonObject> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const ended = AbortSignal.any([signal, deadline]);
  let live = object;
  let unready = waiting("");
  let progress = "";
  try {
    for (const pause of pauses()) {
      const sight = await look(cluster, live, check, ended);
      live = sight.live;
      if (sight.readiness.state === "ready") return live;
      unready = sight.readiness;
      if (unready.state === "failed") break;
      const line = [unready.message, ...unready.problems].join("; ");
      if (line !== progress) onProgress(line);
      progress = line;
      await delay(pause, undefined, { signal: ended });
    }
  } catch (error) {
    if (isNotFound(error)) throw error;
    if (signal.aborted) throw await notReady(cluster, live, "was not ready yet when it was cancelled", unready);
    if (deadline.aborted) throw await notReady(cluster, live, `was not ready within ${timeoutMs / 1000} s`, unready);
    throw await notReady(
      cluster,
      live,
      `cannot be judged: ${error instanceof Error ? error.message : String(error)}`,
      unready,
    );
  }
  throw await notReady(cluster, live, "failed", unready);
}
