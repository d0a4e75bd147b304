import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { Criterion } from "../gate/verdict.ts";

/** What the error rate is judged by. */
export function errorCriterion({ thresholds, gate }: Pick<ReleasePlan, "thresholds" | "gate">): Criterion {
  return { threshold: thresholds.errorRate.max, alpha: gate.alpha, minRequests: gate.minRequests };
}
