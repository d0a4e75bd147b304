import type { Verdict } from "./verdict.ts";

/** What to do about a verdict that is not PASS. `warn`: say so and go on. */
export type Response = "rollback" | "warn" | "hold";

/** What a stack wants done, per metric. */
export type MetricPolicy = {
  /** On FAIL, at once. */
  readonly onBreach: Response;
  /** On NO_TRAFFIC and TOO_FEW, once the step's deadline has passed; until then the step is extended. */
  readonly onNoData: Response;
  /** On ERROR, once the step's deadline has passed; until then it is retried. */
  readonly onUnavailable: Response;
  /** On a fault that the active slot shares, once the step's deadline has passed. @default "hold" */
  readonly onSharedFault?: Response;
  /** The reason that a breach is counted under, the `reason` of `deployment_rollback_total`: "high_error_rate", "high_latency", … */
  readonly breachReason: string;
};

/** One judged metric with its policy. */
export type Judged = { readonly metric: string; readonly verdict: Verdict; readonly policy: MetricPolicy };

/** Why an action is taken: one entry per metric that is not a PASS. */
export type Cause = { readonly metric: string; readonly reason: string; readonly response: Response | "wait" };

export type Action =
  /** Go on: the next step, or for the guard: keep watching. `causes` are warnings. */
  | { readonly kind: "proceed"; readonly causes: readonly Cause[] }
  /** Not decided yet: keep the weight, measure again. */
  | { readonly kind: "wait"; readonly causes: readonly Cause[] }
  /** Keep the weight and ask a person (exit code 11 when the release's deadline passes). */
  | { readonly kind: "hold"; readonly causes: readonly Cause[] }
  | { readonly kind: "rollback"; readonly causes: readonly Cause[] };

/**
 * The gate at a step's end: what all verdicts together ask for.
 *
 * The strictest wins: rollback, then hold, then wait, then proceed. A breach acts at once; whatever lacks data waits for the
 * deadline first. A step without any metric proceeds, so the caller must refuse such a configuration.
 */
export function decideStep(judged: readonly Judged[], deadlinePassed: boolean): Action {
  return strictest(judged.flatMap((one) => causeOf(one, deadlinePassed)));
}

/**
 * The guard, while traffic is on the candidate: only a breach acts. What it cannot see yet is the gate's to judge, so that a
 * quiet minute or a failed read neither rolls back nor promotes.
 */
export function decideGuard(judged: readonly Judged[]): Action {
  return strictest(judged.filter(({ verdict }) => verdict.kind === "FAIL").flatMap((one) => causeOf(one, false)));
}

function causeOf({ metric, verdict, policy }: Judged, deadlinePassed: boolean): readonly Cause[] {
  const afterDeadline = (reason: string, response: Response): readonly Cause[] => [
    { metric, reason, response: deadlinePassed ? response : "wait" },
  ];
  switch (verdict.kind) {
    case "PASS":
      return [];
    case "FAIL":
      return [{ metric, reason: policy.breachReason, response: policy.onBreach }];
    case "HOLD":
      return afterDeadline(verdict.reason, policy.onSharedFault ?? "hold");
    case "NO_TRAFFIC":
      return afterDeadline("no_traffic", policy.onNoData);
    case "TOO_FEW":
      return afterDeadline("too_few_requests", policy.onNoData);
    case "ERROR":
      return afterDeadline(verdict.reason, policy.onUnavailable);
  }
}

function strictest(causes: readonly Cause[]): Action {
  const asked = new Set(causes.map(({ response }) => response));
  if (asked.has("rollback")) return { kind: "rollback", causes };
  if (asked.has("hold")) return { kind: "hold", causes };
  if (asked.has("wait")) return { kind: "wait", causes };
  return { kind: "proceed", causes };
}
