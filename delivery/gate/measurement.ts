import type { Counts, Period } from "./counts.ts";

/** Why there is no number to judge. */
export type Problem = {
  readonly kind:
    | "unreachable"
    | "timeout"
    | "refused"
    | "malformed"
    | "no_series"
    | "several_series"
    | "not_finite"
    | "negative"
    | "more_bad_than_total";
  /** One sentence for people, with the value that was not accepted. */
  readonly detail: string;
};

/** What one instant query came back with: a value per series, or a problem. */
export type Answer =
  { readonly ok: true; readonly values: readonly number[] } | { readonly ok: false; readonly problem: Problem };

/** How many of the candidate's pods should be reporting, and how many were read at least twice. */
export type Coverage = { readonly pods: number; readonly podsRead: number };

/** Everything that is known about one metric when it is judged. Plain data: it is kept in the ledger and judged again by `atom replay`. */
export type Measurement =
  | { readonly status: "read"; readonly periods: readonly Period[]; readonly coverage: Coverage }
  /** The window is still shorter than four scrapes. */
  | { readonly status: "too_soon"; readonly secondsLeft: number }
  | { readonly status: "unavailable"; readonly problem: Problem };

/** The answers to the two count queries of one slot. */
export type CountAnswers = { readonly total: Answer; readonly bad: Answer };

/**
 * One period from the answers to its count queries; `active` is `null` where the active slot serves nothing by design.
 *
 * Counts are whole requests. Only the growth of a series whose pod restarted is extrapolated by Prometheus, hence the rounding.
 */
export function readPeriod(answers: {
  readonly candidate: CountAnswers;
  readonly active: CountAnswers | null;
}): Period | Problem {
  const candidate = readCounts("candidate", answers.candidate);
  if (isProblem(candidate)) return candidate;
  if (answers.active === null) return { candidate, active: null };
  const active = readCounts("active slot", answers.active);
  return isProblem(active) ? active : { candidate, active };
}

/** A single finite value: an answer of none or several series, NaN and ±Inf are problems, never a number. */
export function readValue(what: string, answer: Answer): number | Problem {
  if (!answer.ok) return answer.problem;
  const [value, ...others] = answer.values;
  if (value === undefined) return { kind: "no_series", detail: `${what}: the query answered no series.` };
  if (others.length > 0) {
    return { kind: "several_series", detail: `${what}: the query answered ${answer.values.length} series, not one.` };
  }
  if (!Number.isFinite(value)) return { kind: "not_finite", detail: `${what}: the query answered ${value}.` };
  return value;
}

/** Requests that were *not* within the limit, from the counts of all and of those within it. */
export function slowAnswer(total: Answer, within: Answer): Answer {
  const all = readValue("all requests", total);
  if (isProblem(all)) return { ok: false, problem: all };
  const fast = readValue("requests within the limit", within);
  if (isProblem(fast)) return { ok: false, problem: fast };
  const slow = all - fast;
  // Both are extrapolated apart when a pod restarted, which may put the part a little above the whole.
  return { ok: true, values: [slow < 0 && -slow <= 1 + EXTRAPOLATION * all ? 0 : slow] };
}

const EXTRAPOLATION = 0.02;

/** The first thing that is wrong with counts, or `null`. Every judgement begins with it, wherever the counts come from. */
export function problemOf(periods: readonly Period[]): Problem | null {
  for (const { candidate, active } of periods) {
    const problem = problemOfCounts("candidate", candidate) ?? (active && problemOfCounts("active slot", active));
    if (problem) return problem;
  }
  return null;
}

export function isProblem(value: object | number): value is Problem {
  return typeof value === "object" && "kind" in value && "detail" in value;
}

function readCounts(slot: string, answers: CountAnswers): Counts | Problem {
  const total = readValue(`requests of the ${slot}`, answers.total);
  if (isProblem(total)) return total;
  const bad = readValue(`bad requests of the ${slot}`, answers.bad);
  if (isProblem(bad)) return bad;
  const counts: Counts = { total: Math.round(total), bad: Math.round(bad) };
  return problemOfCounts(slot, counts) ?? counts;
}

function problemOfCounts(slot: string, { total, bad }: Counts): Problem | null {
  const seen = `the ${slot} reports ${bad} bad of ${total} requests.`;
  if (!Number.isFinite(total) || !Number.isFinite(bad)) return { kind: "not_finite", detail: `Not finite: ${seen}` };
  if (total < 0 || bad < 0) return { kind: "negative", detail: `Negative: ${seen}` };
  if (bad > total) return { kind: "more_bad_than_total", detail: `Impossible: ${seen}` };
  return null;
}
