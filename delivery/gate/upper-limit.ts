import { bisect } from "./binomial.ts";
import type { Counts } from "./counts.ts";
import { logSpaced, logSumExp } from "./e-process.ts";

/** The alternatives of the inverted test, as shares of the rate that is tested. */
const SHARES = logSpaced(0.001, 0.5, 40);
const LOG_WEIGHT = -Math.log(SHARES.length);

/**
 * The time-uniform upper limit of the true rate: with a chance of `1 − alpha` it is above the true rate at *every* look, so it
 * may be printed with every verdict. 0 to 1; 1 when nothing was seen.
 *
 * It is the largest p0 that the mirrored e-process does not reject,
 *
 *     E = 1/40 · Σ_c c^x · ((1 − c·p0)/(1 − p0))^(n−x)      x bad of n, c log-spaced from 0.001 to 0.5
 *
 * Each alternative c·p0 is below p0, so E is a supermartingale for every true rate ≥ p0, and it grows with p0, so that what is
 * not rejected is an interval. Without a bad request the limit is about 5.1/n at 99 %, where the exact limit at a single
 * look (Clopper-Pearson) is 4.6/n.
 *
 * Source: inversion as in Howard, Ramdas, McAuliffe, Sekhon 2021 (see `thresholdTest`).
 */
export function timeUniformUpper(counts: Counts, alpha: number): number {
  const { total, bad } = counts;
  if (total === 0 || bad >= total) return 1;
  const limit = -Math.log(alpha);
  return bisect(bad / total, 1, (rate) => logMirrored(counts, rate) >= limit);
}

/** How many requests without a bad one until {@link timeUniformUpper} is at most `threshold`. */
export function cleanRequestsToProveAlways(threshold: number, alpha: number): number {
  const perRequest = SHARES.map((share) => Math.log1p(-share * threshold) - Math.log1p(-threshold));
  const limit = -Math.log(alpha);
  const enough = (total: number) => logSumExp(perRequest.map((gain) => LOG_WEIGHT + total * gain)) >= limit;
  // The slowest alternative alone, against its weight, is enough after this many.
  const bound = (limit - LOG_WEIGHT) / Math.min(...perRequest);
  return Math.ceil(bisect(0, bound, enough));
}

function logMirrored({ total, bad }: Counts, rate: number): number {
  if (rate >= 1) return Infinity;
  const good = total - bad;
  return logSumExp(
    SHARES.map((share) => LOG_WEIGHT + bad * Math.log(share) + good * (Math.log1p(-share * rate) - Math.log1p(-rate))),
  );
}
