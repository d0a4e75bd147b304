import type { Counts } from "../../../delivery/gate/counts.ts";

/** Numbers in [0, 1). */
export type Random = () => number;

/** A small seeded generator (mulberry32), so that every simulation is the same on every machine. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How many requests until the next bad one, itself included: a geometric number, drawn at once. */
function untilBad(random: Random, rate: number): number {
  if (rate <= 0) return Infinity;
  return rate >= 1 ? 1 : 1 + Math.floor(Math.log1p(-random()) / Math.log1p(-rate));
}

/** Draws how many of `total` requests are bad. */
export function binomial(random: Random, total: number, rate: number): number {
  let bad = 0;
  for (let at = untilBad(random, rate); at <= total; at += untilBad(random, rate)) bad += 1;
  return bad;
}

/**
 * Follows one candidate and reads it after every request. A good request never raises the evidence, so only the bad ones
 * are visited.
 *
 * @returns the request at which `fails` was first true, or `null` when the horizon was reached.
 */
export function firstFailure(
  random: Random,
  rate: number,
  horizon: number,
  fails: (candidate: Counts) => boolean,
): number | null {
  let bad = 0;
  for (let total = untilBad(random, rate); total <= horizon; total += untilBad(random, rate)) {
    bad += 1;
    if (fails({ total, bad })) return total;
  }
  return null;
}

/**
 * The same beside an active slot that gets `ratio` requests for each of the candidate's; read when those have been served. A
 * round without a bad request of the candidate never raises the evidence of its own fault.
 */
export function firstBlame(
  random: Random,
  rates: { readonly candidate: number; readonly active: number },
  ratio: number,
  horizon: number,
  fails: (candidate: Counts, active: Counts) => boolean,
): number | null {
  let active: Counts = { total: 0, bad: 0 };
  return firstFailure(random, rates.candidate, horizon, (candidate) => {
    const total = Math.round(candidate.total * ratio);
    active = { total, bad: active.bad + binomial(random, total - active.total, rates.active) };
    return fails(candidate, active);
  });
}

/** How many of the runs failed, and after how many requests: `median` and `p90` are NaN when none did. */
export type Outcome = { readonly failedShare: number; readonly median: number; readonly p90: number };

export function repeat(runs: number, run: () => number | null): Outcome {
  const failures = Array.from({ length: runs }, run)
    .filter((requests) => requests !== null)
    .sort((left, right) => left - right);
  const at = (share: number) => failures[Math.min(failures.length - 1, Math.floor(share * failures.length))] ?? NaN;
  return { failedShare: failures.length / runs, median: at(0.5), p90: at(0.9) };
}

/**
 * A rule on the candidate alone as a table: with so many bad requests, up to how many requests fail. Looking up is what lets
 * a hundred thousand releases be read after every request.
 */
export function tabulated(rule: (candidate: Counts) => boolean, horizon: number): (candidate: Counts) => boolean {
  const most: number[] = [];
  return ({ total, bad }) => {
    for (let next = most.length; next <= bad; next += 1) {
      let low = next - 1;
      let high = horizon + 1;
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (rule({ total: middle, bad: next })) low = middle;
        else high = middle;
      }
      most.push(low);
    }
    return total <= most[bad]!;
  };
}
