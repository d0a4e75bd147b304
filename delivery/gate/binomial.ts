import { regularisedBeta } from "./beta.ts";
import type { Counts } from "./counts.ts";

/** P(X ≥ bad) for X ~ Binomial(total, rate), exactly: I_rate(bad, total − bad + 1). */
export function atLeast(bad: number, total: number, rate: number): number {
  if (bad <= 0) return 1;
  if (bad > total) return 0;
  return regularisedBeta(rate, bad, total - bad + 1);
}

/**
 * The fewest bad requests of `total` at which the exact one-look binomial test rejects "the rate is at most `rate`" at level
 * `alpha`. May be `total + 1`: then no outcome rejects.
 */
export function criticalBad(total: number, rate: number, alpha: number): number {
  let bad = 0;
  while (atLeast(bad, total, rate) > alpha) bad += 1;
  return bad;
}

/**
 * The exact upper limit of a rate at one look, one-sided, 0 to 1; 1 when nothing was seen.
 *
 * Source: Clopper, Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the binomial": the
 * rate u at which P(X ≤ bad) = 1 − confidence, that is I_u(bad + 1, total − bad) = confidence.
 *
 * @param confidence @default 0.99
 */
export function clopperPearsonUpper(counts: Counts, confidence = 0.99): number {
  const { total, bad } = counts;
  if (total === 0 || bad >= total) return 1;
  return bisect(bad / total, 1, (rate) => regularisedBeta(rate, bad + 1, total - bad) >= confidence);
}

/**
 * How many requests without a single bad one prove at one look that the rate is at most `threshold`: the smallest n with
 * (1 − threshold)^n ≤ 1 − confidence.
 *
 * At 0.1 % and 95 % the equation's solution is 2,994.2 requests (GATE.md names it 2,994): the 2,995th one proves it.
 */
export function cleanRequestsToProve(threshold: number, confidence = 0.95): number {
  return Math.ceil(Math.log1p(-confidence) / Math.log1p(-threshold));
}

/**
 * The point of [low, high] from which on `holds` is true, to the last bit that matters; `holds` must be monotone and is taken
 * to be true at `high`.
 */
export function bisect(low: number, high: number, holds: (value: number) => boolean): number {
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
