import { cleanRequestsToProve } from "./binomial.ts";
import { blameTest } from "./comparison.ts";
import type { Period } from "./counts.ts";
import type { SequentialTest } from "./e-process.ts";
import { logEvidence, thresholdTest } from "./e-process.ts";
import { cleanRequestsToProveAlways } from "./upper-limit.ts";
import type { Criterion } from "./verdict.ts";
import { DEFAULT_ALPHA, DEFAULT_MIN_REQUESTS, limitsOf, MIN_BAD } from "./verdict.ts";

/** What reaches the service in a step. */
export type StepTraffic = {
  /** All requests, of both slots, a second. */
  readonly requestsPerSecond: number;
  /** The candidate's share in percent, above 0; at 100 there is no active slot to compare with. */
  readonly weight: number;
};

/** How long something takes in the candidate's requests and, at the step's traffic, in seconds (Infinity without traffic). */
export type Span = { readonly requests: number; readonly seconds: number };

/** How soon a breach is seen. `null` where that takes more than the horizon. */
export type Detection = {
  readonly breach: number;
  readonly median: Span | null;
  readonly p90: Span | null;
};

/** What a step can show about one metric. */
export type Proof = {
  /** Until anything can pass at all. */
  readonly minimum: Span;
  /** Requests without a bad one that prove the threshold at one look, 95 %. */
  readonly oneLook: Span;
  /** … and at every look, at 1 − alpha: when a PASS says "proven". */
  readonly everyLook: Span;
};

/** Detection is followed for at most this many of the candidate's requests. */
const HORIZON = 20_000;

/**
 * When a candidate whose true share of bad requests is `breach` fails, read after every request.
 *
 * Exact for the candidate's randomness: with x bad requests the verdict is FAIL up to some number n(x) of requests, so the
 * distribution of the first time is a sum over paths. The active slot is taken at its expectation, `activeRate` of its requests.
 *
 * @param activeRate The active slot's true rate. @default half of the threshold
 * @returns spans without the time a scrape or a poll takes.
 */
export function detection(
  criterion: Criterion,
  traffic: StepTraffic,
  breach: number,
  activeRate = criterion.threshold / 2,
): Detection {
  const fails = failRule(criterion, traffic.weight, activeRate);
  const quantiles = firstPassage(breach, failBoundary(fails), [0.5, 0.9]);
  const [median = null, p90 = null] = quantiles.map((requests) => (requests === null ? null : span(requests, traffic)));
  return { breach, median, p90 };
}

/** What the step's traffic can prove. */
export function proof(criterion: Criterion, traffic: StepTraffic): Proof {
  const { threshold, alpha = DEFAULT_ALPHA, minRequests = DEFAULT_MIN_REQUESTS } = criterion;
  return {
    minimum: span(minRequests, traffic),
    oneLook: span(cleanRequestsToProve(threshold), traffic),
    everyLook: span(cleanRequestsToProveAlways(threshold, alpha), traffic),
  };
}

function span(requests: number, { requestsPerSecond, weight }: StepTraffic): Span {
  return { requests, seconds: requests / ((requestsPerSecond * weight) / 100) };
}

type FailRule = (bad: number, total: number) => boolean;

function failRule(criterion: Criterion, weight: number, activeRate: number): FailRule {
  const { logLimit, logBlameLimit } = limitsOf(criterion);
  const breachTest = thresholdTest(criterion.threshold);
  const comparison: SequentialTest<Period> | null = weight < 100 ? blameTest(criterion.threshold) : null;
  return (bad, total) => {
    const candidate = { total, bad };
    if (logEvidence(breachTest, [candidate]) < logLimit) return false;
    if (comparison === null) return true;
    const others = (total * (100 - weight)) / weight;
    const period: Period = { candidate, active: { total: others, bad: others * activeRate } };
    return logEvidence(comparison, [period]) >= logBlameLimit;
  };
}

/** For each number of bad requests, the most requests among which they still fail the candidate (0: never). Computed once each. */
function failBoundary(fails: FailRule): (bad: number) => number {
  const known = new Map<number, number>();
  return (bad) => {
    const before = known.get(bad);
    if (before !== undefined) return before;
    const most = bad < MIN_BAD ? 0 : mostRequests((total) => fails(bad, total), bad);
    known.set(bad, most);
    return most;
  };
}

/** The largest total from `bad` up to the horizon that fails, 0 if none does. More good requests never make a candidate worse. */
function mostRequests(fails: (total: number) => boolean, bad: number): number {
  if (!fails(bad)) return 0;
  let low = bad;
  let high = HORIZON + 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fails(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * Quantiles of the first request at which the boundary is crossed, by following the distribution of the number of bad requests
 * among candidates that have not failed yet. `null` where the horizon comes first.
 */
function firstPassage(
  rate: number,
  boundary: (bad: number) => number,
  shares: readonly number[],
): readonly (number | null)[] {
  let alive: readonly number[] = [1];
  let failed = 0;
  const found: number[] = [];
  for (let total = 1; total <= HORIZON && found.length < shares.length; total += 1) {
    const next = new Array<number>(alive.length + 1).fill(0);
    alive.forEach((mass, bad) => {
      if (mass < NEGLIGIBLE) return;
      next[bad] = (next[bad] ?? 0) + mass * (1 - rate);
      if (total <= boundary(bad + 1)) failed += mass * rate;
      else next[bad + 1] = mass * rate;
    });
    while ((next.at(-1) ?? 1) < NEGLIGIBLE) next.pop();
    alive = next;
    for (let share = shares[found.length]; share !== undefined && failed >= share; share = shares[found.length]) {
      found.push(total);
    }
  }
  return shares.map((_, index) => found[index] ?? null);
}

const NEGLIGIBLE = 1e-12;
