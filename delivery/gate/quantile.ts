/** One bucket of a histogram as Prometheus keeps it: how many requests took at most `le` seconds. `le` may be Infinity. */
export type Bucket = { readonly le: number; readonly count: number };

/** An estimate in seconds; `open` when all that is known is that the quantile is above the highest finite edge. */
export type Quantile = { readonly seconds: number; readonly open: boolean };

/**
 * A quantile from cumulative buckets, for people to read. Nothing is judged by it: linear interpolation inside a bucket makes
 * 242 ms of 110 ms when the edges are 100 and 250 ms.
 *
 * The same rule as PromQL's `histogram_quantile`: linear within the bucket, from 0 in the first. Buckets may come in any order.
 *
 * @param share 0 to 1; 0.95 for the P95.
 * @returns `null` when there are no requests, no finite edge, or a count that is not a number.
 */
export function quantile(share: number, buckets: readonly Bucket[]): Quantile | null {
  const sorted = buckets.toSorted((left, right) => left.le - right.le);
  const total = sorted.at(-1)?.count ?? 0;
  const highest = sorted.findLast(({ le }) => Number.isFinite(le));
  if (highest === undefined || !(total > 0) || sorted.some(({ count }) => !Number.isFinite(count))) return null;
  const rank = share * total;
  let below: Bucket = { le: 0, count: 0 };
  for (const bucket of sorted) {
    // Counts of separately scraped edges may run a little apart; a cumulative count never falls.
    const count = Math.max(bucket.count, below.count);
    if (count >= rank && count > 0) {
      if (!Number.isFinite(bucket.le)) break;
      const within = count === below.count ? 1 : (rank - below.count) / (count - below.count);
      return { seconds: below.le + (bucket.le - below.le) * within, open: false };
    }
    below = { le: bucket.le, count };
  }
  return { seconds: highest.le, open: true };
}
