import type { Counts } from "./counts.ts";

/**
 * One alternative of a sequential test: how much likelier it makes a period's counts than the null does.
 *
 * For every period and every process within the null, the expectation of `exp(logRatio)` given the past is at most 1.
 */
export interface Alternative<Period> {
  /** Natural logarithm of its share in the mixture; the shares of a test add up to 1. */
  readonly logWeight: number;
  /** Natural logarithm of the likelihood ratio, alternative over null, of the period's counts. */
  logRatio(period: Period): number;
}

/** A composite test: a mixture of alternatives against one null. */
export type SequentialTest<Period> = readonly Alternative<Period>[];

/** The share of the evidence that is kept for faults which begin in a later period than the first. */
export const LATE_SHARE = 0.05;

/** The highest alternative. Below 1, so that one good request does not refute it for ever. */
export const HIGHEST_RATE = 0.999;

const ALTERNATIVES = 40;
/**
 * Alternatives weigh the less the higher they are, by this power of the rate: a plain fault needs a handful of requests with whatever
 * weight, one near the threshold needs hundreds. Evenly weighted, 1 % errors need 404 requests at a threshold of 0.1 %; so, 354. It pays for what
 * the lanes and metrics of a release take from alpha (docs/decisions/0006).
 */
const TILT = 0.25;

/**
 * The threshold test of GATE.md: is the candidate's rate above `nullRate`?
 *
 *     E = Σ_p w_p · (p/p0)^x · ((1−p)/(1−p0))^(n−x)      x bad of n, p0 = nullRate, w_p ∝ p^(−1/4), Σ w_p = 1
 *
 * with 40 alternatives p, log-spaced from 2·p0 to 0.999 (for p0 above one third, where 2·p0 leaves no room, from half-way
 * between). For every true rate ≤ p0, E is a non-negative supermartingale that starts at 1, so by Ville's inequality
 * P(E ≥ 1/alpha, ever) ≤ alpha: it may be read after every request at no cost, whatever the weights are.
 *
 * Source: Robbins 1970, "Statistical methods related to the law of the iterated logarithm"; Howard, Ramdas, McAuliffe,
 * Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic confidence sequences".
 *
 * @throws RangeError unless 0 < nullRate < 0.999.
 */
export function thresholdTest(nullRate: number): SequentialTest<Counts> {
  assertRate(nullRate);
  const rates = logSpaced(lowestAlternative(nullRate), HIGHEST_RATE, ALTERNATIVES);
  const logAll = logSumExp(rates.map((rate) => -TILT * Math.log(rate)));
  return rates.map((rate) => {
    const bad = Math.log(rate / nullRate);
    const good = Math.log1p(-rate) - Math.log1p(-nullRate);
    return {
      logWeight: -TILT * Math.log(rate) - logAll,
      logRatio: (counts) => counts.bad * bad + (counts.total - counts.bad) * good,
    };
  });
}

/** The natural logarithm of the e-value of one period, all of the mixture on a fault from its start: the formula above. */
export function logEValue<Period>(test: SequentialTest<Period>, period: Period): number {
  return logSumExp(test.map((alternative) => alternative.logWeight + alternative.logRatio(period)));
}

/**
 * The natural logarithm of the evidence of a whole release, from its periods' totals.
 *
 * The same as {@link EProcess} fed period by period; 0 (that is, E = 1) when there is none.
 */
export function logEvidence<Period>(test: SequentialTest<Period>, periods: readonly Period[]): number {
  const process = new EProcess(test);
  periods.forEach((period, index) => {
    if (index > 0) process.nextPeriod();
    process.observe(period);
  });
  return process.logE;
}

/**
 * An e-process that is fed piece by piece, over a release whose fault may begin with any of its periods.
 *
 *     E = Σ_k w_k Σ_p weight_p · Π_{i ≥ k} ratio_p(period i) + (1 − w_0 − … − w_now)
 *     w_0 = 1 − lateShare,  w_k = lateShare / (k·(k+1))
 *
 * Without the late starts, 5,000 good requests would have to be outweighed before a fault that begins then is seen. A
 * convex combination of supermartingales that each start at 1 (the k-th stays there until period k) is one too, so a
 * release has one alpha however many steps it takes: nothing is spent per look or per step.
 *
 * Source: mixtures over the time of change, as in Shin, Ramdas, Rinaldo 2023, "E-detectors".
 */
export class EProcess<Period> {
  readonly #paths: { readonly alternative: Alternative<Period>; carried: number; current: number }[];
  readonly #lateShare: number;
  #period = 0;

  /** @param lateShare Share of the mixture for faults that begin after the first period. @default 0.05 */
  constructor(test: SequentialTest<Period>, lateShare = LATE_SHARE) {
    this.#lateShare = lateShare;
    const onTime = Math.log1p(-lateShare);
    this.#paths = test.map((alternative) => ({ alternative, carried: alternative.logWeight + onTime, current: 0 }));
  }

  /** Adds what the current period saw since the last call. */
  observe(increment: Period): void {
    for (const path of this.#paths) path.current += path.alternative.logRatio(increment);
  }

  /** Closes the current period: from here on a fault may begin anew. */
  nextPeriod(): void {
    this.#period += 1;
    const late = Math.log(this.#lateShare / (this.#period * (this.#period + 1)));
    for (const path of this.#paths) {
      path.carried = logSumExp([path.carried + path.current, path.alternative.logWeight + late]);
      path.current = 0;
    }
  }

  /** Natural logarithm of the evidence so far. */
  get logE(): number {
    const unspent = Math.log(this.#lateShare / (this.#period + 1));
    return logSumExp([unspent, ...this.#paths.map(({ carried, current }) => carried + current)]);
  }
}

/** ln Σ exp(term), without overflow. `-Infinity` terms count as nothing. */
export function logSumExp(terms: readonly number[]): number {
  let highest = -Infinity;
  for (const term of terms) if (term > highest) highest = term;
  if (highest === -Infinity) return -Infinity;
  let sum = 0;
  for (const term of terms) sum += Math.exp(term - highest);
  return highest + Math.log(sum);
}

/** `count` numbers from `low` to `high`, both included, with a constant ratio. */
export function logSpaced(low: number, high: number, count: number): readonly number[] {
  const ratio = Math.log(high / low) / (count - 1);
  return Array.from({ length: count }, (_, index) => (index === count - 1 ? high : low * Math.exp(ratio * index)));
}

/** Where the alternatives to a null begin: at its double, or half-way to the highest where that is nearer. */
export function lowestAlternative(nullRate: number): number {
  return Math.min(2 * nullRate, (nullRate + HIGHEST_RATE) / 2);
}

/** @throws RangeError unless 0 < rate < 0.999. */
export function assertRate(rate: number): void {
  if (rate > 0 && rate < HIGHEST_RATE) return;
  throw new RangeError(`A threshold is a share between 0 and ${HIGHEST_RATE}, both excluded; got ${rate}.`);
}
