import type { Cluster } from "../cluster.ts";
import type { JsonObject } from "../json.ts";

/** An object that is not ready: not yet ("waiting"), or not any more ("failed"). */
export interface Unready {
  readonly state: "waiting" | "failed";
  /** The progress, or the verdict. */
  readonly message: string;
  /** Reasons, a line each; those of a waiting object may yet pass. */
  readonly problems: readonly string[];
  /** The pods behind it, whose last words may tell more. */
  readonly pods: readonly JsonObject[];
}

/** How far an object is on its way to doing its work. */
export type Readiness = { readonly state: "ready" } | Unready;

export const READY: Readiness = { state: "ready" };

export function waiting(message: string, problems: readonly string[] = [], pods: readonly JsonObject[] = []): Unready {
  return { state: "waiting", message, problems, pods };
}

export function failed(message: string, problems: readonly string[] = [], pods: readonly JsonObject[] = []): Unready {
  return { state: "failed", message, problems, pods };
}

/** Judges a live object, reading what else it needs from the cluster. Decides by what it sees now; it does not wait. */
export type ReadinessCheck = (live: JsonObject, cluster: Cluster, signal: AbortSignal) => Promise<Readiness>;

/** The object exists, but it did not become ready: it failed, took too long, or the person cancelled. */
export class NotReadyError extends Error {
  override readonly name = "NotReadyError";
  readonly problems: readonly string[];
  /** The object as it was seen last. */
  readonly live: JsonObject;

  constructor(message: string, problems: readonly string[], live: JsonObject) {
    super(message);
    this.problems = problems;
    this.live = live;
  }
}
