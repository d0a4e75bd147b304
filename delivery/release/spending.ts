import type { Spending } from "../gate/verdict.ts";

/** Who judges: the guard by the pods' counters, the gate by Prometheus. */
export type Lane = "guard" | "gate";

/** The guard's part, by metric; the gate shares the rest equally among all of its metrics. */
const guarded: Readonly<Record<"errorRate" | "latency", Spending>> = {
  errorRate: { breach: 0.8, blame: 0.5 },
  latency: { breach: 0.1, blame: 0.25 },
};
const gated: Spending = { breach: 0.1, blame: 0.25 };

/**
 * What each of a release's tests may spend of the plan's alpha, the chance that a healthy release fails.
 *
 *     P(a healthy release fails) ≤ Σ_tests P(its e-process ever reaches 1/(alpha·share)) ≤ Σ_tests alpha·share ≤ alpha
 *
 * by Boole's inequality (weighted Bonferroni) and Ville's, whatever the tests have to do with one another: the lanes see the same
 * requests, and slow ones are often those that fail. The guard's error rate gets the most, because seconds count there. The gate sees
 * the same and later, so that what little it gets delays what the guard has missed.
 *
 * A release that is taken over by another releaser begins to count anew, and so to spend.
 *
 * @param customMetrics how many the plan has
 */
export function spendingOf(lane: Lane, metric: string, customMetrics: number): Spending {
  if (lane === "guard") return guarded[metric === "latency" ? "latency" : "errorRate"];
  const metrics = 2 + customMetrics;
  return { breach: gated.breach / metrics, blame: gated.blame / metrics };
}
