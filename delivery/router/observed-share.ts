import { atLeast } from "../gate/binomial.ts";
import type { ServedReading } from "../guard/served.ts";

/** Whether the requests were shared out as they should be. */
export interface ShareVerdict {
  readonly outcome: "confirmed" | "unconfirmed" | "contradicted";
  /** For people: `the candidate took 9.6 % of 412 requests`. */
  readonly detail: string;
  /** Of a confirmed one: the candidate's share as it was seen, in percent. */
  readonly share?: number;
}

export interface ShareOptions {
  /**
   * Other callers, who do not follow the weights, may be served by the active slot: of any number, so that a share between what is wanted and
   * what was before shows that the weight took effect. @default false
   */
  readonly othersOnActive?: boolean;
}

/**
 * Requests that may be in the wrong place without meaning anything: those that were under way when the weight changed, and those of
 * a person with the canary header.
 */
const straying = 0.002;
/** A weight is taken for excluded when what was seen is less likely than this under it: low, because it is looked at often. */
const excluded = 0.0002;
/** The wanted weight is taken for possible unless what was seen is less likely than this under it. */
const possible = 0.01;
/** After this long without agreement a weight is taken for contradicted, when the data exclude it. */
const patienceMs = 3_000;

/**
 * Whether what was served shows that `percent` is in effect: the wanted share must be possible and every other share that may be
 * in effect instead must be excluded, by exact binomial tests (each request is routed by itself). Proxies take a weight some tenths of
 * a second after the API server did, so the test looks at each stretch from a reading until now that is twice as long as the
 * one before, and is content with one. For a share of 0, after which pods are taken away, that one must also exclude what longer stretches saw
 * before it: of many proxies one may be later than the others, whose few requests a short stretch misses by chance.
 *
 * @param others shares in percent that may be in effect instead: the one before the change, as it was seen or is due, or all of the plan
 */
export function judgeShare(
  readings: readonly ServedReading[],
  percent: number,
  others: readonly number[],
  { othersOnActive = false }: ShareOptions = {},
): ShareVerdict {
  const last = readings.at(-1);
  if (last === undefined)
    return { outcome: "unconfirmed", detail: "the pods' counters were not read since the change" };
  const alternatives = others.filter((other) => other !== percent);
  const stretches = growingStretches(readings, last);
  for (const [index, { candidate, total }] of stretches.entries()) {
    if (total === 0 || !isPossible(candidate, total, percent, possible)) continue;
    if (percent === 0 && lingering(stretches, index).some((share) => isPossible(candidate, total, share, possible)))
      continue;
    if (alternatives.every((other) => !isPossible(candidate, total, other, excluded)))
      return { outcome: "confirmed", detail: describe(candidate, total), share: (100 * candidate) / total };
  }
  const longest = stretches.at(-1) ?? { candidate: 0, total: 0, ms: 0 };
  const seen = describe(longest.candidate, longest.total);
  // Only a stretch that began well after the change speaks against it.
  const late = stretches.findLast(({ from }) => from - (readings[0]?.at ?? from) >= patienceMs);
  if (late !== undefined && !isPossible(late.candidate, late.total, percent, excluded)) {
    const detail = `${describe(late.candidate, late.total)} where ${percent} % are due`;
    if (!othersOnActive || !liesBetween(late, percent, alternatives)) return { outcome: "contradicted", detail };
    return {
      outcome: "confirmed",
      detail: `${detail}: the rest are callers inside the cluster, or of proxies that have yet to hear of it`,
      share: (100 * late.candidate) / late.total,
    };
  }
  return { outcome: "unconfirmed", detail: `${seen}: too few to tell ${percent} % from ${listed(alternatives)}` };
}

/** The candidate's shares before a stretch, in percent, as the longer ones show them, where 0 is no explanation. */
function lingering(stretches: readonly Stretch[], index: number): readonly number[] {
  const clean = stretches[index];
  if (clean === undefined) return [];
  return stretches.slice(index + 1).flatMap((longer) => {
    const candidate = longer.candidate - clean.candidate;
    const total = longer.total - clean.total;
    return total === 0 || isPossible(candidate, total, 0, excluded) ? [] : [(100 * candidate) / total];
  });
}

interface Stretch {
  readonly from: number;
  readonly ms: number;
  readonly candidate: number;
  readonly total: number;
}

function growingStretches(readings: readonly ServedReading[], last: ServedReading): Stretch[] {
  const stretches: Stretch[] = [];
  for (let back = 1; ; back *= 2) {
    const first = readings[Math.max(0, readings.length - 1 - back)] ?? last;
    const candidate = last.candidate - first.candidate;
    stretches.push({
      from: first.at,
      ms: last.at - first.at,
      candidate,
      total: candidate + last.active - first.active,
    });
    if (back >= readings.length - 1) return stretches;
  }
}

/** Two-sided exact binomial test: whether `candidate` of `total` is no less likely than `level` when `percent` is in effect. */
function isPossible(candidate: number, total: number, percent: number, level: number): boolean {
  const share = Math.min(Math.max(percent / 100, straying), 1 - straying);
  const upper = atLeast(candidate, total, share);
  const lower = 1 - atLeast(candidate + 1, total, share);
  return 2 * Math.min(upper, lower) >= level;
}

/** Whether the share is below the wanted one and above each lower one. At 0 and 100 % all callers are to be where the weights send users. */
function liesBetween({ candidate, total }: Stretch, percent: number, alternatives: readonly number[]): boolean {
  if (percent === 0 || percent === 100 || candidate / total >= percent / 100) return false;
  return alternatives
    .filter((other) => other < percent)
    .every((other) => atLeast(candidate, total, Math.max(other / 100, straying)) < excluded);
}

function describe(candidate: number, total: number): string {
  if (total === 0) return "no request was served since the change";
  return `the candidate took ${((100 * candidate) / total).toFixed(1)} % of ${total} request${total === 1 ? "" : "s"}`;
}

function listed(percents: readonly number[]): string {
  return percents.length === 0 ? "another share" : percents.map((percent) => `${percent} %`).join(" or ");
}
