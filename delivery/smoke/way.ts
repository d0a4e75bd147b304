import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";

type Routed = Pick<ReleasePlan, "router">;

/** By which way a smoke test reaches the service, in words. */
export function wayOf(through: "candidate" | "public", plan: Routed): string {
  return through === "candidate" ? wayToCandidate(plan) : "as a user";
}

/** How a smoke test reaches a candidate that no user reaches yet, in words. */
export function wayToCandidate({ router }: Routed): string {
  return router.kind === "istio" ? "through x-canary" : "at the candidate's own Service";
}
