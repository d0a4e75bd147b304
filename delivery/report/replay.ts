// A recorded release judged again, under other limits. What was not recorded stays unsaid: a replay never makes up what would have been
// measured later, or at another edge of the histogram.
import { UserError } from "../../components/errors/user-error.ts";
import type { Reason } from "../../components/ledger/release-record.ts";
import { releasePlanSchema, type ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { judge } from "../gate/verdict.ts";
import { criterionOf, judgeStep, reasonOf } from "../release/judging.ts";
import type { StepMeasurement } from "../release/ports.ts";
import { evidenceOf, type LineEvidence, type RecordedVerdict } from "./evidence.ts";
import { secondsBetween } from "./figures.ts";
import { applySettings, type Change } from "./replay-settings.ts";
import { outcomeOf, type Outcome, type ReleaseRecord } from "./story.ts";

/** What a judgement made the release do. */
export type Answer = "go-on" | "warn" | "wait" | "hold" | "rollback";

export interface ReplayedMetric {
  readonly metric: string;
  readonly then: RecordedVerdict["kind"];
  /** `undefined` where it cannot be said; `why` tells. */
  readonly now: RecordedVerdict["kind"] | undefined;
  /** What is to be known of `now`. */
  readonly why: string | undefined;
}

/** One recorded judgement, then and now. */
export interface ReplayedStep {
  /** Line of the journal. */
  readonly seq: number;
  /** Seconds since the release began. */
  readonly since: number;
  /** Weight that was judged. */
  readonly percent: number;
  readonly by: "guard" | "gate";
  readonly metrics: readonly ReplayedMetric[];
  readonly then: Answer;
  /** `undefined` where it cannot be said. */
  readonly now: Answer | undefined;
  readonly reason: Reason | undefined;
}

export interface Replay {
  readonly id: string;
  readonly changes: readonly Change[];
  readonly steps: readonly ReplayedStep[];
  readonly then: Outcome;
  /** Where it would have ended. `same`: as it did. `unknown`: the record does not tell how it would have gone on. */
  readonly now: "same" | "rolled-back" | "held" | "unknown";
  /** The judgement that decides it. */
  readonly at: ReplayedStep | undefined;
}

/** The release's record has not kept what it was judged on. */
export class NotReplayableError extends UserError {
  override readonly name = "NotReplayableError";

  constructor(id: string, what: string) {
    super(`Release ${id} cannot be judged again: ${what}.\nThe ledger keeps that of the newest releases only.`);
  }
}

/**
 * Judges what was recorded of a release again. Pure.
 *
 * @param settings e.g. `gate.errorRate.max=0.5%`. Throws a ReplaySettingError for one that it does not know
 * @throws NotReplayableError when the plan or all of the evidence is gone
 */
export function replay(release: ReleaseRecord, settings: readonly string[] = []): Replay {
  const recorded = releasePlanSchema.safeParse(release.plan);
  if (!recorded.success)
    throw new NotReplayableError(release.id, "its plan was dropped from the ledger, or is of another form");
  const { plan, changes } = applySettings(recorded.data, settings);
  const steps = replayedSteps(release, plan, recorded.data);
  if (steps.length === 0) throw new NotReplayableError(release.id, "no verdict with its evidence is in its journal");
  const at = steps.find(
    ({ then, now }) => now === "rollback" || now === "hold" || now === undefined || differs(then, now),
  );
  const then = outcomeOf(release);
  return { id: release.id, changes, steps, then, now: endOf(at), at };
}

function differs(then: Answer, now: Answer): boolean {
  const goes = (answer: Answer): boolean => answer === "go-on" || answer === "warn";
  return goes(then) !== goes(now);
}

function endOf(at: ReplayedStep | undefined): Replay["now"] {
  if (at === undefined || at.now === at.then) return "same";
  if (at.now === "rollback") return "rolled-back";
  return at.now === "hold" ? "held" : "unknown";
}

function replayedSteps(release: ReleaseRecord, plan: ReleasePlan, then: ReleasePlan): readonly ReplayedStep[] {
  const measured: StepMeasurement[] = [];
  return release.journal.flatMap((entry, index): readonly ReplayedStep[] => {
    const evidence = evidenceOf(entry);
    const answer = answers[entry.event];
    if (answer === undefined || evidence.by === undefined || evidence.judged.length === 0) return [];
    const current = measurementOf(evidence);
    const judged =
      evidence.by === "guard"
        ? replayGuard(evidence, plan, then, answer)
        : current === undefined
          ? notRecorded(evidence)
          : replayGate(measured, current, evidence, plan, then);
    if (entry.event === "step-passed" && current !== undefined) measured.push(current);
    // The line names the weight that it leads to; what was judged is the one before.
    const percent = release.journal[index - 1]?.percent ?? entry.percent;
    const since = secondsBetween(release.startedAt, entry.at);
    return [{ seq: entry.seq, since, percent, by: evidence.by, then: answer, ...judged }];
  });
}

const answers: Readonly<Record<string, Answer>> = {
  "step-passed": "go-on",
  warned: "warn",
  held: "hold",
  failed: "rollback",
};

type Judged = Pick<ReplayedStep, "metrics" | "now" | "reason">;

function replayGate(
  earlier: readonly StepMeasurement[],
  current: StepMeasurement,
  { judged, overtime = -1 }: LineEvidence,
  plan: ReleasePlan,
  then: ReleasePlan,
): Judged {
  const { action, judged: again } = judgeStep(earlier, current, plan, overtime);
  const metrics = judged.map(({ metric, verdict }) => {
    const now = again.find((one) => one.metric === metric)?.verdict.kind;
    return atTheEdge({ metric, then: verdict.kind, now, why: undefined }, plan, then);
  });
  const answer = action.kind === "proceed" ? (action.causes.length > 0 ? "warn" : "go-on") : action.kind;
  // What calls for an end does so whatever another metric would have said.
  const decisive = action.causes.filter(({ response }) => response === action.kind);
  const isSaid = (metric: string): boolean => metrics.find((one) => one.metric === metric)?.now !== undefined;
  const known =
    answer === "rollback" ? decisive.some(({ metric }) => isSaid(metric)) : metrics.every((one) => isSaid(one.metric));
  const reason = answer === "rollback" || answer === "hold" ? reasonOf(action) : undefined;
  return { metrics, now: known ? answer : undefined, reason };
}

/** The guard's record has its totals alone, so they are judged as one stretch; by its own limits the record is what it was. */
function replayGuard({ judged }: LineEvidence, plan: ReleasePlan, then: ReleasePlan, answer: Answer): Judged {
  const failed = judged.filter(({ verdict }) => verdict.kind === "FAIL");
  const metrics = judged.map(({ metric, verdict }) => {
    const weighed = verdict.evidence ?? undefined;
    if (weighed === undefined || sameCriterion(metric, plan, then))
      return atTheEdge({ metric, then: verdict.kind, now: verdict.kind, why: undefined }, plan, then);
    const { candidate, active } = weighed;
    const coverage = { pods: 1, podsRead: 1 };
    const again = judge(
      { status: "read", periods: [{ candidate, active }], coverage },
      criterionOf("guard", metric, plan),
    );
    const why = "judged on the guard's totals";
    return atTheEdge({ metric, then: verdict.kind, now: again.kind, why }, plan, then);
  });
  // It was no metric that it answered to (pods that restarted, say), and no setting is about that.
  if (failed.length === 0) return { metrics, now: answer, reason: undefined };
  const policies = metrics.flatMap(({ metric, now }) => (now === "FAIL" ? [policyOf(metric, plan)] : []));
  const kind = (["rollback", "hold", "warn"] as const).find((each) => policies.some(({ policy }) => policy === each));
  const unsaid = metrics.some(({ now }) => now === undefined);
  const reason = policies.find(({ policy }) => policy === kind && policy !== "warn")?.reason;
  return { metrics, now: unsaid && kind !== "rollback" ? undefined : (kind ?? "go-on"), reason };
}

function notRecorded({ judged }: LineEvidence): Judged {
  const why = "its counts were dropped from the ledger";
  const metrics = judged.map(({ metric, verdict }) => ({ metric, then: verdict.kind, now: undefined, why }));
  return { metrics, now: undefined, reason: undefined };
}

/** Slow requests were counted at one edge. Fewer are slower than a later one; how many, nobody counted. */
function atTheEdge(replayed: ReplayedMetric, plan: ReleasePlan, then: ReleasePlan): ReplayedMetric {
  const [now, before] = [plan.thresholds.latency.seconds, then.thresholds.latency.seconds];
  if (replayed.metric !== "latency" || now === before) return replayed;
  if (now > before && replayed.now === "PASS")
    return { ...replayed, why: `no more requests are slower than ${now} s than were slower than ${before} s` };
  const why = `the record counts requests slower than ${before} s, and not than ${now} s`;
  return { ...replayed, now: undefined, why };
}

function sameCriterion(metric: string, plan: ReleasePlan, then: ReleasePlan): boolean {
  return JSON.stringify(criterionOf("guard", metric, plan)) === JSON.stringify(criterionOf("guard", metric, then));
}

function policyOf(metric: string, { thresholds }: ReleasePlan): { readonly policy: string; readonly reason: Reason } {
  const custom = thresholds.metrics.find(({ name }) => name === metric);
  if (custom !== undefined) return { policy: custom.policy, reason: "metric_breached" };
  return metric === "latency"
    ? { policy: thresholds.latency.policy, reason: "high_latency" }
    : { policy: thresholds.errorRate.policy, reason: "high_error_rate" };
}

function measurementOf({ measured }: LineEvidence): StepMeasurement | undefined {
  const { errorRate, latency, custom = {} } = measured ?? {};
  if (errorRate === undefined || latency === undefined) return undefined;
  const known = Object.entries(custom).flatMap(([name, one]) => (one === undefined ? [] : [[name, one] as const]));
  return { errorRate, latency, custom: Object.fromEntries(known) };
}
