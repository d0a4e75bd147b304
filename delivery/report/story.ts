// A release as a story: everything that its record in the ledger tells, typed, in order, and free of presentation. Every report is made
// of it, so that none of them knows more or less than another.
import type { Change, PastRelease, Phase, Reason, ReleaseUnderWay } from "../../components/ledger/release-record.ts";
import { releasePlanSchema, type ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { SlotName } from "../../components/names/slot-name.ts";
import { evidenceOf, type LineEvidence } from "./evidence.ts";
import { secondsBetween } from "./figures.ts";
import { metricsOf, type MetricStory } from "./metric-story.ts";
import { restorationOf, type Restoration } from "./restoration.ts";
import { queriesOf, type QueryStory } from "./query-story.ts";
import { smokeOf, type SmokeStory } from "./smoke-story.ts";
import { stepsOf, type StepStory } from "./step-story.ts";
import { timingsOf, type Timing } from "./timings.ts";

/** A release as the ledger has it, whether it is over or not. */
export type ReleaseRecord = PastRelease | ReleaseUnderWay;

/** How it ended, or where it is. */
export type Outcome = PastRelease["outcome"] | "held" | "under-way";

/** What runs, or ran, in a slot. */
export interface Version {
  readonly slot: SlotName;
  readonly version: string;
  readonly image: string;
  /** Digest of the pod template. */
  readonly template: string;
}

export interface Header {
  readonly id: string;
  /** `undefined` where the plan is gone and nobody said. */
  readonly service: string | undefined;
  readonly environment: string | undefined;
  readonly from: Version;
  readonly to: Version;
  readonly mode: "canary" | "hotfix";
  /** Why the canary's waits were skipped. */
  readonly hotfix: string | undefined;
  /** Nothing was moved: `outcome` is what would have come of it. */
  readonly observed: boolean;
  readonly by: string;
  /** What it is of, in terms of its source; `undefined` where that is not known. */
  readonly change: Change | undefined;
  readonly startedAt: string;
  readonly endedAt: string | undefined;
  /** Until its end, or until the last line of its journal. */
  readonly durationSeconds: number;
  readonly outcome: Outcome;
  readonly phase: Phase;
  /** Share of the traffic that may be on the candidate now, in percent. */
  readonly percent: number;
  readonly cause: { readonly reason: Reason; readonly detail: string } | undefined;
  /** Requests still reached the candidate after the return. */
  readonly candidateStays: boolean;
  /** Users rolled it back: its template is not staged again by itself. */
  readonly withdrawn: boolean;
}

/** A line of the journal. */
export interface TimelineEntry {
  readonly seq: number;
  readonly at: string;
  /** Seconds since the release began. */
  readonly since: number;
  /** What the line led to. */
  readonly phase: Phase;
  readonly step: number;
  readonly percent: number;
  readonly event: string;
  readonly detail: string;
}

/** From here on so much of the traffic was on the candidate. */
export interface WeightPoint {
  readonly since: number;
  readonly percent: number;
}

/** What the guard, or the gate, said that was not "go on". */
export interface Decision {
  readonly since: number;
  readonly by: "guard" | "gate" | undefined;
  readonly event: "failed" | "held" | "warned";
  readonly detail: string;
  readonly metrics: readonly MetricStory[];
}

export interface Story {
  readonly header: Header;
  readonly timeline: readonly TimelineEntry[];
  readonly weights: readonly WeightPoint[];
  readonly steps: readonly StepStory[];
  readonly decisions: readonly Decision[];
  readonly smoke: readonly SmokeStory[];
  readonly timings: readonly Timing[];
  /** What became of the traffic; `undefined` where none was to be brought back. */
  readonly restoration: Restoration | undefined;
  /** Of Prometheus. */
  readonly warnings: readonly string[];
  readonly queries: readonly QueryStory[];
  /** What the ledger no longer has, a sentence each. */
  readonly missing: readonly string[];
}

/** A line with all that is known of it. */
export interface Line extends TimelineEntry {
  readonly evidence: LineEvidence;
  /** Where the release was before. */
  readonly before: Phase | undefined;
}

/** Names that a record without its plan does not tell. */
export interface Surroundings {
  readonly service?: string;
  readonly environment?: string;
}

/** Tells a release's story from its record. Pure; never throws, whatever the record's loosely typed parts hold. */
export function storyOf(release: ReleaseRecord, surroundings: Surroundings = {}): Story {
  const parsed = releasePlanSchema.safeParse(release.plan);
  const plan = parsed.success ? parsed.data : undefined;
  const lines = linesOf(release);
  return {
    header: headerOf(release, plan, surroundings),
    timeline: lines.map(({ seq, at, since, phase, step, percent, event, detail }) => {
      return { seq, at, since, phase, step, percent, event, detail };
    }),
    weights: weightsOf(lines),
    steps: stepsOf(lines, plan),
    decisions: lines.flatMap((line) => decisionOf(line, plan)),
    smoke: lines.flatMap((line) => smokeOf(line)),
    timings: timingsOf(lines),
    restoration: restorationOf(lines),
    warnings: [...new Set(lines.flatMap(({ evidence }) => evidence.measured?.warnings ?? []))],
    queries: queriesOf(lines),
    missing: missingOf(release, lines, plan),
  };
}

function headerOf(release: ReleaseRecord, plan: ReleasePlan | undefined, names: Surroundings): Header {
  const { id, slot, version, image, template, from, mode, hotfix, startedBy, change, startedAt, state, journal } =
    release;
  const endedAt = "endedAt" in release ? (release as PastRelease).endedAt : undefined;
  return {
    id,
    service: names.service ?? plan?.service,
    environment: names.environment ?? plan?.environment,
    from: { slot: from.slot, version: from.version, image: from.image, template: from.template },
    to: { slot, version, image, template },
    mode,
    hotfix,
    observed: release.observed === true,
    by: startedBy,
    change,
    startedAt,
    endedAt,
    durationSeconds: secondsBetween(startedAt, endedAt ?? journal.at(-1)?.at ?? startedAt),
    outcome: outcomeOf(release),
    phase: state.phase,
    percent: state.percent,
    cause: state.cause,
    candidateStays: state.candidateStays === true,
    withdrawn: state.withdraws === true,
  };
}

/** How a release ended, or where it is. */
export function outcomeOf(release: ReleaseRecord): Outcome {
  if ("outcome" in release) return (release as PastRelease).outcome;
  return release.state.phase === "held" ? "held" : "under-way";
}

function linesOf({ journal, startedAt }: ReleaseRecord): readonly Line[] {
  return journal.map((entry, index) => ({
    ...entry,
    since: secondsBetween(startedAt, entry.at),
    evidence: evidenceOf(entry),
    before: journal[index - 1]?.phase,
  }));
}

/** A weight takes effect when the router has accepted it, and not when it was decided. */
function weightsOf(lines: readonly Line[]): readonly WeightPoint[] {
  const moved = lines.filter(({ event }) => ["shifted", "stepped-back", "returned"].includes(event));
  const points = moved.map(({ since, percent }) => ({ since, percent }));
  const start = lines[0]?.seq === 1 ? [{ since: 0, percent: 0 }] : [];
  return [...start, ...points].filter(({ percent }, index, all) => index === 0 || percent !== all[index - 1]?.percent);
}

function decisionOf(line: Line, plan: ReleasePlan | undefined): readonly Decision[] {
  const { event, since, detail, evidence } = line;
  if (event !== "failed" && event !== "held" && event !== "warned") return [];
  return [{ since, by: evidence.by, event, detail, metrics: metricsOf(evidence, plan) }];
}

function missingOf(release: ReleaseRecord, lines: readonly Line[], plan: ReleasePlan | undefined): readonly string[] {
  const lost = (release.journal[0]?.seq ?? 1) - 1;
  const dropped = lines.filter(({ evidence }) => evidence.dropped).length;
  const what = (number: number, one: string, more: string): string => `${number} ${number === 1 ? one : more}`;
  return [
    ...(lost > 0
      ? [`The first ${what(lost, "line", "lines")} of the journal were dropped from the ledger with age.`]
      : []),
    ...(dropped > 0
      ? [
          `The evidence of ${what(dropped, "line", "lines")} was dropped from the ledger, in part or whole; what was decided is kept.`,
        ]
      : []),
    ...(plan === undefined && release.journal.length > 0
      ? ["The release's plan was dropped from the ledger or is of another form: its limits and waits are not known."]
      : []),
  ];
}
