import { z } from "zod";
import type { PastRelease } from "../components/ledger/release-record.ts";
import { notificationsOf } from "../components/release-plan/notifications.ts";
import type { Taken } from "./load/open-loop.ts";

/** What one release that took itself back was like. Times in milliseconds; bad answers are those of the candidate, as clients got them. */
export interface Trial {
  readonly release: string;
  /** Which lane decided: the counters of the pods, or Prometheus. */
  readonly judgedBy: "guard" | "gate";
  /** Requests at the candidate when it was decided, by what the verdict was made of. */
  readonly atCandidate: { readonly total: number; readonly bad: number };
  /** Whether it had metrics and messages for places that never answer. */
  readonly deadEnds: boolean;
  readonly badAnswers: number;
  /** From the first bad answer to the verdict; undefined without bad answers. */
  readonly detection: number | undefined;
  /** From the verdict to the answer of the API server that has the way back. */
  readonly patched: number;
  /** From the verdict to the last bad answer; 0 where none came after it. */
  readonly verdictToLast: number;
  /** From the first to the last bad answer. */
  readonly firstToLast: number;
  /** Answers that neither a healthy version nor a drill gives, by status; 0 is no answer. */
  readonly strangers: Readonly<Record<string, number>>;
  /** The journal's lines, in milliseconds from the verdict. */
  readonly timeline: readonly { readonly event: string; readonly at: number; readonly detail: string }[];
  /** Requests that the load did not send in time. */
  readonly skipped: number;
  readonly requests: number;
  readonly latencyP99: number;
}

/** A release that did not end as the measurement needs it. */
export class OddEndError extends Error {
  override readonly name = "OddEndError";
}

const counts = z.object({ total: z.number(), bad: z.number() });
const judgedSchema = z.array(
  z.object({
    metric: z.string(),
    verdict: z.object({ evidence: z.object({ candidate: counts }).nullish() }),
  }),
);
const evidenceSchema = z.union([judgedSchema, z.object({ judged: judgedSchema }).transform(({ judged }) => judged)]);

/**
 * Puts together what the ledger says of a release and what clients saw. Throws an {@link OddEndError} for one that was not taken back for
 * its errors.
 *
 * @param expected statuses that clients get in the normal course of things, and those of drills
 */
export function trialOf(record: PastRelease, taken: Taken, expected: readonly number[]): Trial {
  const { id, outcome, state, journal } = record;
  const verdict = journal.find(({ event }) => event === "failed");
  const back = journal.find(({ event }) => event === "returned");
  if (outcome !== "rolled-back" || state.cause?.reason !== "high_error_rate" || !verdict || !back)
    throw new OddEndError(`release ${id} ended as ${outcome}: ${state.cause?.detail ?? "no cause"}`);
  const decidedAt = Date.parse(verdict.at);
  const errors = evidenceSchema.parse(verdict.evidence).find(({ metric }) => metric === "errorRate");
  const first = taken.kept[0]?.answeredAt;
  const last = taken.kept.at(-1)?.answeredAt;
  return {
    release: id,
    judgedBy: verdict.detail.startsWith("guard:") ? "guard" : "gate",
    atCandidate: errors?.verdict.evidence?.candidate ?? { total: 0, bad: 0 },
    deadEnds: notificationsOf(record.plan) !== null,
    badAnswers: taken.kept.length,
    detection: first === undefined ? undefined : decidedAt - first,
    patched: Date.parse(back.at) - decidedAt,
    verdictToLast: Math.max(0, (last ?? decidedAt) - decidedAt),
    firstToLast: first === undefined || last === undefined ? 0 : last - first,
    strangers: Object.fromEntries(
      Object.entries(taken.statuses).filter(([status]) => !expected.includes(Number(status))),
    ),
    timeline: journal.map(({ at, event, detail }) => ({ event, at: Date.parse(at) - decidedAt, detail })),
    skipped: taken.skipped,
    requests: taken.requests,
    latencyP99: taken.latency.p99,
  };
}

/** How many answers there were that nobody should have got. */
export function strangersOf({ strangers }: Trial): number {
  return Object.values(strangers).reduce((sum, count) => sum + count, 0);
}
