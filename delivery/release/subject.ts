import { isWeightStep, type ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { Candidate, Slot } from "./ports.ts";

/** What is being released, and how. Does not change during a release. */
export interface Subject {
  readonly id: string;
  readonly candidate: Candidate;
  /** The slot that served when it began, and serves again after a rollback. */
  readonly active: Slot;
  /** As it was when the release began, shortened for a hotfix. */
  readonly plan: ReleasePlan;
  /** Why the canary's waits are skipped. */
  readonly hotfix?: string | undefined;
}

/** The same way without its waits and approvals. Every weight is still set, seen in effect and guarded; none is measured. */
export function hotfixPlan(plan: ReleasePlan): ReleasePlan {
  return { ...plan, steps: plan.steps.filter(isWeightStep).map((step) => ({ ...step, wait: 0 })) };
}
