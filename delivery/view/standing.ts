// Where a release stands against its limits, by the guard's counts.
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { Period } from "../gate/counts.ts";
import type { Response } from "../gate/policy.ts";
import { judge, type Criterion } from "../gate/verdict.ts";
import { criterionOf, judgeGuard, type GuardEvidence } from "../release/judging.ts";
import type { GuardSnapshot } from "../release/ports.ts";

export interface MetricStanding {
  /** The candidate's bad requests, of those in `candidate.requests`. */
  readonly bad: number;
  readonly activeBad: number;
  /** Share of bad requests that is still good, 0 to 1. */
  readonly threshold: number;
  /** The breach is proven. */
  readonly breached: boolean;
  /** So many bad requests, all to come being bad, would prove it; `null` where that is more than anybody counts. */
  readonly limit: number | null;
  /** What is done then. */
  readonly response: Response;
}

/** `null`: the metric cannot be judged now. */
export interface Standing {
  readonly errors: MetricStanding | null;
  readonly slow: MetricStanding | null;
}

/** The most bad requests to come that are looked at. */
const horizon = 4_096;

/** Asks the guard's own judgement, so that the view cannot promise what the guard does not keep. */
export function standingOf(evidence: GuardEvidence, snapshot: GuardSnapshot, plan: ReleasePlan): Standing {
  const { judged } = judgeGuard(evidence, snapshot, plan);
  const standing = (
    metric: string,
    periods: readonly Period[],
    bad: (of: "candidate" | "active") => number,
  ): MetricStanding | null => {
    const one = judged.find((each) => each.metric === metric);
    if (one === undefined || one.verdict.kind === "ERROR" || one.verdict.evidence === null) return null;
    const criterion = criterionOf("guard", metric, plan);
    const more = untilBreach(periods, criterion);
    return {
      bad: bad("candidate"),
      activeBad: bad("active"),
      threshold: criterion.threshold,
      breached: one.verdict.kind === "FAIL",
      limit: more === null ? null : bad("candidate") + more,
      response: one.policy.onBreach,
    };
  };
  return {
    errors: standing("errorRate", evidence.errors, (of) => snapshot[of].errors),
    slow: standing("latency", evidence.slow, (of) => snapshot[of].slow),
  };
}

/** How many bad requests in a row from now on prove a breach. */
function untilBreach(periods: readonly Period[], criterion: Criterion): number | null {
  const fails = (more: number): boolean => {
    const coverage = { pods: 0, podsRead: 0 };
    return judge({ status: "read", periods: withBad(periods, more), coverage }, criterion).kind === "FAIL";
  };
  let enough = 1;
  while (!fails(enough)) {
    if (enough >= horizon) return null;
    enough *= 2;
  }
  let tooFew = Math.floor(enough / 2);
  while (enough - tooFew > 1) {
    const middle = Math.floor((enough + tooFew) / 2);
    if (fails(middle)) enough = middle;
    else tooFew = middle;
  }
  return fails(0) ? 0 : enough;
}

function withBad(periods: readonly Period[], more: number): readonly Period[] {
  const last = periods.at(-1) ?? { candidate: { total: 0, bad: 0 }, active: null };
  const { total, bad } = last.candidate;
  return [...periods.slice(0, -1), { ...last, candidate: { total: total + more, bad: bad + more } }];
}
