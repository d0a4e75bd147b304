/** Requests seen and how many of them were bad (failed, or slower than the limit). Whole requests, 0 ≤ bad ≤ total. */
export type Counts = {
  readonly total: number;
  readonly bad: number;
};

/**
 * A stretch of time at one weight, with what each slot served in it.
 *
 * The evidence of a release is a list of these. A new period begins with every weight and, so that a fault that begins
 * late is not diluted by hours of good requests, whenever the last one is full ({@link addReading}).
 */
export type Period = {
  readonly candidate: Counts;
  /** The active slot in the same stretch; `null` where it serves nothing by design (weight 100, soak). */
  readonly active: Counts | null;
};

export const NOTHING: Counts = { total: 0, bad: 0 };

export function addCounts(left: Counts, right: Counts): Counts {
  return { total: left.total + right.total, bad: left.bad + right.bad };
}

/** The candidate's counts over all periods. */
export function candidateTotal(periods: readonly Period[]): Counts {
  return periods.reduce((sum, period) => addCounts(sum, period.candidate), NOTHING);
}

/** The active slot's counts over the periods in which it served; `null` when it served in none. */
export function activeTotal(periods: readonly Period[]): Counts | null {
  const served = periods.flatMap(({ active }) => (active === null ? [] : [active]));
  return served.length === 0 ? null : served.reduce(addCounts, NOTHING);
}

/** A period holds at least this many of the candidate's requests before the next one may begin. */
const PERIOD_REQUESTS = 200;
/** … and at least this share of all requests so far, which bounds the number of periods by its logarithm. */
const PERIOD_SHARE = 0.1;

/**
 * Adds what was served since the last reading.
 *
 * A new period is opened when the weight has changed (`newStep`) or the last period is full: 200 of the candidate's requests,
 * or 10 % of all so far if that is more, so that a release of a million requests has some 60 periods. Whether a period is full
 * depends on the past alone, as the evidence demands.
 */
export function addReading(periods: readonly Period[], reading: Period, newStep = false): readonly Period[] {
  const last = periods.at(-1);
  if (last === undefined) return [reading];
  const full = Math.max(PERIOD_REQUESTS, PERIOD_SHARE * candidateTotal(periods).total);
  const comparable = (last.active === null) === (reading.active === null);
  if (newStep || !comparable || last.candidate.total >= full) return [...periods, reading];
  const merged: Period = {
    candidate: addCounts(last.candidate, reading.candidate),
    active: last.active === null || reading.active === null ? null : addCounts(last.active, reading.active),
  };
  return [...periods.slice(0, -1), merged];
}

/** What was served since the last reading, from counts since the first: they must not fall. For {@link addReading}. */
export function readingSince(periods: readonly Period[], sinceFirst: Period): Period {
  const active = activeTotal(periods) ?? NOTHING;
  return {
    candidate: difference(sinceFirst.candidate, candidateTotal(periods)),
    active: sinceFirst.active && difference(sinceFirst.active, active),
  };
}

/**
 * Adds what was served since the last reading, from counts since the first which may be corrected: Prometheus extrapolates the growth
 * of a series that was reset, and learns more with the next scrape. Periods that the counts contradict are counted anew.
 */
export function followTotal(periods: readonly Period[], sinceFirst: Period): readonly Period[] {
  for (let kept = periods; ; kept = kept.slice(0, -1)) {
    const reading = readingSince(kept, sinceFirst);
    if (kept.length === 0 || (isPossible(reading.candidate) && (reading.active === null || isPossible(reading.active))))
      return addReading(kept, reading);
  }
}

function isPossible({ total, bad }: Counts): boolean {
  return bad >= 0 && total >= bad;
}

function difference(left: Counts, right: Counts): Counts {
  return { total: left.total - right.total, bad: left.bad - right.bad };
}

/** A period as the ledger keeps it: candidate's total and bad, then the active slot's where it served. Some 20 bytes of JSON. */
export type PackedPeriod = readonly [number, number] | readonly [number, number, number, number];

export function packPeriod({ candidate, active }: Period): PackedPeriod {
  if (active === null) return [candidate.total, candidate.bad];
  return [candidate.total, candidate.bad, active.total, active.bad];
}

export function unpackPeriod([total, bad, activeTotal, activeBad]: PackedPeriod): Period {
  const active = activeTotal === undefined || activeBad === undefined ? null : { total: activeTotal, bad: activeBad };
  return { candidate: { total, bad }, active };
}
