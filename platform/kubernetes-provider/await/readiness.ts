import type { Cluster } from "../cluster.ts";
import type { JsonObject } from "../json.ts";

/** How far an object is on its way to doing its work. */
export type Readiness =
  | { readonly state: "ready" }
  /** Not yet. `message` is the progress; `problems` are reasons that may yet pass. */
  | { readonly state: "waiting"; readonly message: string; readonly problems: readonly string[] }
  /** It will not become ready any more. */
  | { readonly state: "failed"; readonly message: string; readonly problems: readonly string[] };

export const READY: Readiness = { state: "ready" };

export function waiting(message: string, problems: readonly string[] = []): Readiness {
  return { state: "waiting", message, problems };
}

export function failed(message: string, problems: readonly string[] = []): Readiness {
  return { state: "failed", message, problems };
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
