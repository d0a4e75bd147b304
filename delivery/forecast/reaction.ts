import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { readSchedule } from "../guard/schedule.ts";

/** From the request that proves a breach to the last one that reaches the candidate. */
export interface Reaction {
  /** Between two readings of the guard, in milliseconds: what a proof waits for at most. */
  readonly poll: number;
  /** Until the way back is in effect, in milliseconds. */
  readonly patch: number;
}

/**
 * Until a patched weight has reached every proxy: istiod gathers changes for 100 ms; 0.1 to 0.3 s were measured. Without a mesh it is
 * kube-proxy's `minSyncPeriod`, by default 1 s, and connections that are open stay.
 */
const patches = { istio: 300, replicas: 1_000 } as const;

/** How fast a proven breach is answered: readings slow down when the pods of both slots are many. */
export function reactionOf({ replicas, guard, router }: Pick<ReleasePlan, "replicas" | "guard" | "router">): Reaction {
  return { poll: readSchedule(2 * replicas, guard.every).intervalMs, patch: patches[router.kind] };
}
