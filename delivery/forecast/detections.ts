import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { detection } from "../gate/bounds.ts";
import type { Criterion } from "../gate/verdict.ts";
import { replicaCounts } from "../router/replica-counts.ts";

/** Shares of bad requests that people ask about: a candidate that is broken, half broken, flaky, and hardly worse. */
export const breaches = [1, 0.2, 0.05, 0.01] as const;

/** The candidate's requests until a breach is proven; `null` where that takes more than 20,000. */
export interface Detected {
  /** The candidate's true share of bad requests. */
  readonly breach: number;
  /** Half of such candidates are found out by then. */
  readonly median: number | null;
  /** Nine of ten are. */
  readonly p90: number | null;
}

/**
 * How many of its requests give a bad candidate away, whatever the traffic is.
 *
 * @param share the candidate's share of the requests, in percent
 */
export function detections(criterion: Criterion, share: number): readonly Detected[] {
  return breaches.map((breach) => {
    const { median, p90 } = detection(criterion, { requestsPerSecond: 1, weight: share }, breach);
    return { breach, median: median?.requests ?? null, p90: p90?.requests ?? null };
  });
}

/** The share of the requests that a weight amounts to, in percent: with whole pods it is the nearest one. */
export function shareOf({ router, replicas }: Pick<ReleasePlan, "router" | "replicas">, percent: number): number {
  return router.kind === "istio" ? percent : replicaCounts(percent, replicas).percent;
}
