import { clopperPearsonUpper } from "./binomial.ts";
import { blameTest } from "./comparison.ts";
import type { Counts, Period } from "./counts.ts";
import { activeTotal, candidateTotal } from "./counts.ts";
import { logEvidence, thresholdTest } from "./e-process.ts";
import type { Coverage, Measurement, Problem } from "./measurement.ts";
import { problemOf } from "./measurement.ts";
import { timeUniformUpper } from "./upper-limit.ts";

/** What a metric is judged by. The same for a share of failed and a share of slow requests. */
export type Criterion = {
  /** The highest share of bad requests that is healthy: 0.001 for "0.1 % errors", 0.05 for "P95 under the limit". */
  readonly threshold: number;
  /** The chance of failing a healthy release, over all its looks, steps and tests. @default 0.01 */
  readonly alpha?: number;
  /** What this test may spend of it, where a release has several. @default {@link WHOLE} */
  readonly spending?: Spending;
  /** The candidate's requests without which nothing passes. @default 100 */
  readonly minRequests?: number;
};

/**
 * Shares of alpha, above 0 and up to 1. A release that is healthy fails by a test only when one of its proofs errs, so that the chance
 * over all tests is at most their sum, whatever they have to do with one another (Boole's inequality).
 */
export type Spending = {
  /** On taking a candidate below the threshold for one above it. */
  readonly breach: number;
  /** On taking a fault that the active slot shares for the candidate's own. */
  readonly blame: number;
};

/**
 * A test that is the only one. The blame test needs few requests anyway, and an outage that both slots share is when a roll back
 * helps least: it gets half.
 */
export const WHOLE: Spending = { breach: 1, blame: 0.5 };
export const DEFAULT_ALPHA = 0.01;
export const DEFAULT_MIN_REQUESTS = 100;
/** One bad request alone never fails a release, however unlikely it was. */
export const MIN_BAD = 2;

/** What led to a verdict, for `atom explain` and `atom replay`. Plain data; e-values as natural logarithms, always finite. */
export type Evidence = {
  readonly threshold: number;
  /** ln(1/(share of alpha)): from here on `logBreach` counts as proof. */
  readonly logLimit: number;
  /** ln(1/(share of alpha)): from here on `logBlame` counts as proof. */
  readonly logBlameLimit: number;
  readonly candidate: Counts;
  readonly active: Counts | null;
  /** Evidence that the candidate is above the threshold ({@link thresholdTest}). */
  readonly logBreach: number;
  /** Evidence that what it suffers is its own fault ({@link blameTest}); `null` where there is nothing to compare with. */
  readonly logBlame: number | null;
  /** Evidence that the active slot is above the threshold as well. */
  readonly logActiveBreach: number | null;
  /** The time-uniform upper limit of the candidate's rate, at 1 − alpha. */
  readonly upperLimit: number;
  /** The 99 % Clopper-Pearson upper limit of the active slot's rate, for people. */
  readonly activeUpperLimit: number | null;
  readonly coverage: Coverage;
};

/** The judgement of one metric. */
export type Verdict =
  /** Enough was seen and nothing failed; `proven` when the upper limit is at or below the threshold. */
  | { readonly kind: "PASS"; readonly proven: boolean; readonly evidence: Evidence }
  /** Above the threshold, by its own fault. */
  | { readonly kind: "FAIL"; readonly evidence: Evidence }
  /** Above the threshold, and so is the active slot: rolling back would help nobody. */
  | { readonly kind: "HOLD"; readonly reason: "shared_fault"; readonly evidence: Evidence }
  | { readonly kind: "NO_TRAFFIC"; readonly evidence: Evidence }
  | { readonly kind: "TOO_FEW"; readonly reason: TooFew; readonly evidence: Evidence | null; readonly detail: string }
  /** Nothing to judge by. Never promotes. */
  | { readonly kind: "ERROR"; readonly reason: "metrics_unavailable"; readonly problem: Problem };

export type TooFew =
  /** The window is shorter than four scrapes. */
  | "window_too_short"
  /** A pod of the candidate was not yet read twice. */
  | "pods_not_read"
  | "requests_below_minimum"
  /** Above the threshold, but not yet told apart from the active slot, which is not in trouble for certain either. */
  | "comparison_pending";

/**
 * Judges one metric. Pure, so that the releaser, the guard and `atom replay` cannot disagree.
 *
 * FAIL needs both proofs, that the candidate is above the threshold and that the fault is its own. Each alone has a chance of
 * at most its share of alpha in a release that is healthy in its sense (below the threshold; no worse than the active slot), so
 * a release that is healthy in either sense fails with a chance of at most alpha, however often it is read. It needs no
 * minimum of requests and no complete set of pods: proof is proof.
 *
 * PASS needs the absence of the first proof, which only grows when a good request turns bad. So more errors never turn FAIL
 * into PASS.
 *
 * @throws RangeError when the criterion's threshold, alpha or spending is not a share.
 */
export function judge(measurement: Measurement, criterion: Criterion): Verdict {
  if (measurement.status === "unavailable") return error(measurement.problem);
  if (measurement.status === "too_soon") {
    const detail = `The window reaches four scrapes in ${Math.ceil(measurement.secondsLeft)} s.`;
    return { kind: "TOO_FEW", reason: "window_too_short", evidence: null, detail };
  }
  const problem = problemOf(measurement.periods);
  if (problem) return error(problem);

  const evidence = weigh(measurement.periods, measurement.coverage, criterion);
  const { logLimit, logBlameLimit, candidate, logBreach, logBlame, logActiveBreach, coverage } = evidence;
  if (logBreach >= logLimit && candidate.bad >= MIN_BAD) {
    if (logBlame === null || logBlame >= logBlameLimit) return { kind: "FAIL", evidence };
    if (logActiveBreach !== null && logActiveBreach >= logLimit)
      return { kind: "HOLD", reason: "shared_fault", evidence };
    const detail = "Above the threshold; more requests are needed to tell it from the active slot.";
    return { kind: "TOO_FEW", reason: "comparison_pending", evidence, detail };
  }
  if (coverage.podsRead < coverage.pods) {
    const detail = `${coverage.podsRead} of the candidate's ${coverage.pods} pods were read twice.`;
    return { kind: "TOO_FEW", reason: "pods_not_read", evidence, detail };
  }
  if (candidate.total === 0) return { kind: "NO_TRAFFIC", evidence };
  const minRequests = criterion.minRequests ?? DEFAULT_MIN_REQUESTS;
  if (candidate.total < minRequests) {
    const detail = `${candidate.total} of ${minRequests} requests seen.`;
    return { kind: "TOO_FEW", reason: "requests_below_minimum", evidence, detail };
  }
  return { kind: "PASS", proven: evidence.upperLimit <= evidence.threshold, evidence };
}

/** The numbers behind a verdict. */
export function weigh(periods: readonly Period[], coverage: Coverage, criterion: Criterion): Evidence {
  const { threshold, alpha = DEFAULT_ALPHA } = criterion;
  const breach = thresholdTest(threshold);
  const candidate = candidateTotal(periods);
  const active = activeTotal(periods);
  const activePeriods = periods.flatMap((period) => (period.active === null ? [] : [period.active]));
  return {
    threshold,
    ...limitsOf(criterion),
    candidate,
    active,
    logBreach: logEvidence(
      breach,
      periods.map((period) => period.candidate),
    ),
    logBlame: active === null ? null : logEvidence(blameTest(threshold), periods),
    logActiveBreach: active === null ? null : logEvidence(breach, activePeriods),
    upperLimit: timeUniformUpper(candidate, alpha),
    activeUpperLimit: active === null ? null : clopperPearsonUpper(active),
    coverage,
  };
}

/** From which evidence on each proof counts. */
export function limitsOf({
  alpha = DEFAULT_ALPHA,
  spending = WHOLE,
}: Criterion): Pick<Evidence, "logLimit" | "logBlameLimit"> {
  const { breach, blame } = spending;
  if (!(alpha > 0 && alpha < 1))
    throw new RangeError(`alpha is a chance between 0 and 1, both excluded; got ${alpha}.`);
  for (const share of [breach, blame])
    if (!(share > 0 && share <= 1)) throw new RangeError(`What is spent of alpha is a share above 0; got ${share}.`);
  return { logLimit: -Math.log(alpha * breach), logBlameLimit: -Math.log(alpha * blame) };
}

function error(problem: Problem): Verdict {
  return { kind: "ERROR", reason: "metrics_unavailable", problem };
}
