// What the lines of a journal were decided on, as far as it is still there. Evidence is the first thing that a ledger drops, and it was
// written by whatever version ran then: each part is read for itself, and one that is gone or of another form is simply not there.
import { z } from "zod";
import type { JournalEntry } from "../../components/ledger/release-record.ts";
import { unpackPeriod, type Period } from "../gate/counts.ts";
import type { Problem } from "../gate/measurement.ts";

/** A part that may be missing or of another form. */
const maybe = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
/** A number that JSON could not hold (NaN, infinity) comes back as null. */
const number = z.number().nullable().catch(null);

/** A list without those items that cannot be read. */
const listOf = <T extends z.ZodType>(schema: T) =>
  z.array(z.unknown()).transform((items) =>
    items.flatMap((item) => {
      const read = schema.safeParse(item);
      return read.success ? [read.data] : [];
    }),
  );

const problemKinds = [
  "unreachable",
  "timeout",
  "refused",
  "malformed",
  "no_series",
  "several_series",
  "not_finite",
  "negative",
  "more_bad_than_total",
] as const satisfies readonly Problem["kind"][];
const counts = z.object({ total: z.number(), bad: z.number() });
const packed = z.union([z.tuple([z.number(), z.number()]), z.tuple([z.number(), z.number(), z.number(), z.number()])]);
const period = z.union([z.object({ candidate: counts, active: counts.nullable() }), packed.transform(unpackPeriod)]);
const problem = z.object({ kind: z.enum(problemKinds).catch("malformed"), detail: z.string() });
const coverage = z.object({ pods: z.number(), podsRead: z.number() }).catch({ pods: 1, podsRead: 1 });

const measurement = z.discriminatedUnion("status", [
  z.object({ status: z.literal("read"), periods: z.array(period), coverage }),
  z.object({ status: z.literal("too_soon"), secondsLeft: z.number() }),
  z.object({ status: z.literal("unavailable"), problem }),
]);

const verdict = z.object({
  kind: z.enum(["PASS", "FAIL", "HOLD", "NO_TRAFFIC", "TOO_FEW", "ERROR"]),
  proven: maybe(z.boolean()),
  reason: maybe(z.string()),
  detail: maybe(z.string()),
  problem: maybe(problem),
  evidence: maybe(
    z
      .object({
        threshold: z.number(),
        candidate: counts,
        active: counts.nullable().catch(null),
        logLimit: number,
        logBlameLimit: number,
        logBreach: number,
        logBlame: number,
        logActiveBreach: number,
        upperLimit: number,
        activeUpperLimit: number,
      })
      .nullable(),
  ),
});

const judged = listOf(z.object({ metric: z.string(), verdict }));

const asked = z.object({
  name: z.string(),
  promql: z.string(),
  answer: z.union([
    z.object({ ok: z.literal(true), values: z.array(z.number().nullable()) }),
    z.object({ ok: z.literal(false), problem }),
  ]),
});

const measured = z.object({
  errorRate: maybe(measurement),
  latency: maybe(measurement),
  custom: z.record(z.string(), maybe(measurement)).catch({}),
  p95: maybe(z.object({ candidate: number, active: number })),
  queries: listOf(asked).catch([]),
  warnings: listOf(z.string()).catch([]),
});

const smoke = z.object({
  passed: z.boolean(),
  duration: z.number(),
  steps: listOf(
    z.object({ name: z.string(), passed: z.boolean(), duration: z.number(), detail: z.string().optional() }),
  ),
});

const judgement = z.object({
  judged: maybe(judged),
  measurement: maybe(measured),
  overtime: maybe(z.number()),
  omitted: listOf(z.string()).catch([]),
});

export type RecordedVerdict = z.output<typeof verdict>;
export type RecordedJudged = z.output<typeof judged>[number];
export type RecordedMeasurement = z.output<typeof measurement>;
export type RecordedMeasured = z.output<typeof measured>;
export type RecordedQuery = z.output<typeof asked>;
export type RecordedSmoke = z.output<typeof smoke>;

/** What is left of a line's evidence. */
export interface LineEvidence {
  /** Who judged: the guard on the pods' counters, or the gate at a step. `undefined` for lines that no verdict made. */
  readonly by: "guard" | "gate" | undefined;
  readonly judged: readonly RecordedJudged[];
  readonly measured: RecordedMeasured | undefined;
  /** Milliseconds beyond the step's wait. */
  readonly overtime: number | undefined;
  readonly smoke: RecordedSmoke | undefined;
  /** The line had evidence once, and some of it is gone. */
  readonly dropped: boolean;
}

/** Reads what is left of a line's evidence. Never throws. */
export function evidenceOf(entry: JournalEntry): LineEvidence {
  const { evidence } = entry;
  const byGuard = entry.detail.startsWith("guard: ");
  const none: LineEvidence = {
    by: byGuard ? "guard" : undefined,
    judged: [],
    measured: undefined,
    overtime: undefined,
    smoke: undefined,
    dropped: false,
  };
  if (evidence === undefined) {
    const dropped = hadEvidence(entry);
    return { ...none, by: none.by ?? (dropped && entry.event !== "smoke-passed" ? "gate" : undefined), dropped };
  }
  const result = smoke.safeParse(evidence);
  if (result.success) return { ...none, smoke: result.data };
  const list = judged.safeParse(evidence);
  if (list.success) return { ...none, by: "guard", judged: list.data, dropped: list.data.length === 0 };
  const whole = judgement.safeParse(evidence);
  if (!whole.success) return { ...none, dropped: true };
  const { judged: verdicts = [], measurement: what, overtime, omitted } = whole.data;
  return {
    ...none,
    by: byGuard ? "guard" : "gate",
    judged: verdicts,
    measured: what,
    overtime,
    dropped: omitted.length > 0 || verdicts.length === 0,
  };
}

/** The periods of a measurement that was read; undefined where it was not, or where it is gone. */
export function periodsOf(read: RecordedMeasurement | undefined): readonly Period[] | undefined {
  return read?.status === "read" ? read.periods : undefined;
}

/** Lines of a verdict name each metric's, as `errorRate FAIL (…)`; other lines never had evidence. */
const toldVerdict = /\b(?:PASS|FAIL|HOLD|NO_TRAFFIC|TOO_FEW|ERROR)\b/;

function hadEvidence({ event, detail }: JournalEntry): boolean {
  if (event === "smoke-passed") return true;
  return ["step-passed", "failed", "held", "warned"].includes(event) && toldVerdict.test(detail);
}
