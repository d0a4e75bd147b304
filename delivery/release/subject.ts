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
  /** What serves is broken, and a kept version is to take its place at once: see {@link emergencyPlan}. @default false */
  readonly emergency?: boolean | undefined;
  /** Fingerprints of what it is judged by, by the names of the objects, as it was when the release began. @default as it is seen first */
  readonly basis?: Readonly<Record<string, string>> | undefined;
}

/** The same way without its waits and approvals. Every weight is still set, seen in effect and guarded; none is measured. */
export function hotfixPlan(plan: ReleasePlan): ReleasePlan {
  return { ...plan, steps: plan.steps.filter(isWeightStep).map((step) => ({ ...step, wait: 0 })) };
}

/** How long a version that was rolled back to in an emergency is guarded before the pods of the one before go, in milliseconds. */
const emergencySoak = 30_000;

/**
 * All traffic in one step, onto a version that served before, away from one that is broken: no approval and no waits, and neither a weight
 * that cannot be verified nor a releaser that was gone for long leads back to what is broken. The kept version is never quarantined.
 */
export function emergencyPlan(plan: ReleasePlan): ReleasePlan {
  return {
    ...plan,
    steps: [{ percent: 100, wait: 0 }],
    soak: Math.min(plan.soak, emergencySoak),
    // Guarded by what users get: a pod that restarts, or that tells nothing, is better than a version that is broken.
    thresholds: { ...plan.thresholds, restarts: { ...plan.thresholds.restarts, policy: "warn" } },
    policies: { ...plan.policies, unconfirmedShift: "warn" },
    resumeWithin: Number.MAX_SAFE_INTEGER,
    quarantine: false,
  };
}
