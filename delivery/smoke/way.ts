import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";

/** How a smoke test reaches a candidate that no user reaches yet, in words. */
export function wayToCandidate({ router }: Pick<ReleasePlan, "router">): string {
  return router.kind === "istio" ? "through x-canary" : "at the candidate's own Service";
}
