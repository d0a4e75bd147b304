// From counts to what is to be done: the plan's thresholds and policies applied to the verdicts of delivery/gate. Pure.
import type { ReleasePlan, Policy } from "../../components/release-plan/release-plan.ts";
import { addReading, readingSince, type Counts, type Period } from "../gate/counts.ts";
import type { Measurement } from "../gate/measurement.ts";
import { decideGuard, decideStep, type Action, type Cause, type Judged, type MetricPolicy } from "../gate/policy.ts";
import { judge, type Criterion, type Verdict } from "../gate/verdict.ts";
import type { GuardSnapshot, PodSignal, SlotCounts, SlotSnapshot, StepMeasurement } from "./ports.ts";
import { spendingOf, type Lane } from "./spending.ts";
import type { Reason } from "./state.ts";

export type JudgingPlan = Pick<ReleasePlan, "thresholds" | "policies" | "gate">;

/** What is to be done, and the verdicts that say so. */
export interface Judgement {
  readonly action: Action;
  readonly judged: readonly Judged[];
}

/** What the guard has counted since its watch began, by weight. */
export interface GuardEvidence {
  readonly errors: readonly Period[];
  readonly slow: readonly Period[];
}

export const noEvidence: GuardEvidence = { errors: [], slow: [] };

/**
 * Adds a snapshot of the guard.
 *
 * @param percent the candidate's weight; at 100 the active slot serves nothing to compare with
 * @param newWeight whether the weight changed since the last snapshot
 */
export function addSnapshot(
  evidence: GuardEvidence,
  { candidate, active }: GuardSnapshot,
  percent: number,
  newWeight: boolean,
): GuardEvidence {
  const add = (periods: readonly Period[], bad: (slot: SlotCounts) => number): readonly Period[] => {
    const counts = (slot: SlotCounts): Counts => ({ total: slot.requests, bad: bad(slot) });
    const sinceFirst = { candidate: counts(candidate), active: percent === 100 ? null : counts(active) };
    return addReading(periods, readingSince(periods, sinceFirst), newWeight);
  };
  return {
    errors: add(evidence.errors, (slot) => slot.errors),
    slow: areSlowKnown({ candidate, active }) ? add(evidence.slow, (slot) => slot.slow) : [],
  };
}

/** The fast lane: whether what the pods counted calls for anything at once. */
export function judgeGuard(evidence: GuardEvidence, snapshot: GuardSnapshot, plan: JudgingPlan): Judgement {
  const coverage = { pods: snapshot.candidate.pods, podsRead: snapshot.candidate.read };
  const measured: StepMeasurement = {
    custom: {},
    errorRate: { status: "read", periods: evidence.errors, coverage },
    latency: areSlowKnown(snapshot) ? { status: "read", periods: evidence.slow, coverage } : slowUnknown,
  };
  const judged = judgeEach("guard", measured, plan);
  return { action: strictest([...decideGuard(judged).causes, ...podCauses(snapshot, plan)]), judged };
}

/**
 * What the candidate's pods suffer that their counters cannot tell: requests that no pod took are counted by none (row 14 of
 * GATE.md). Only with traffic on the candidate, which is when the guard watches.
 */
function podCauses({ candidate, active, podsAt }: GuardSnapshot, { thresholds }: JudgingPlan): readonly Cause[] {
  const { max, policy } = thresholds.restarts;
  const restarted: Cause = { metric: "restarts", reason: "pods_restarted", response: policy };
  if (candidate.restarts > max) return [restarted];
  // Users are sent to nothing: no policy wants that.
  if (
    podsAt !== null &&
    active.ready > 0 &&
    candidate.ready === 0 &&
    (candidate.pods === 0 || candidate.down.length > 0)
  )
    return [{ metric: "pods", reason: reasonOfPods(candidate.down), response: "rollback" }];
  // What the active slot's pods suffer too is not the candidate's fault, and pods that serve well but tell nothing are the gate's to judge.
  const own = candidate.down.filter(
    ({ kind }) =>
      (kind === "unready" && active.ready === active.pods) || (kind === "unreachable" && active.read === active.pods),
  );
  return own.length === 0 ? [] : [{ metric: "pods", reason: reasonOfPods(own), response: policy }];
}

/** Whose doing it is that pods do not serve: the version's where that is known of one of them. */
function reasonOfPods(down: readonly PodSignal[]): Reason {
  return down.every(({ platform }) => platform === true) ? "pods_unavailable" : "not_ready";
}

/**
 * The thorough lane: whether a step may be left.
 *
 * A breach is judged on all that was measured in the release, so that every look shares one chance of a false alarm. That enough was
 * seen is judged on the step alone, so that an earlier step's requests do not speak for a weight that had none.
 *
 * @param earlier the last measurement of each step before
 * @param overtime milliseconds that the step has lasted beyond its wait; negative before
 */
export function judgeStep(
  earlier: readonly StepMeasurement[],
  current: StepMeasurement,
  plan: JudgingPlan,
  overtime: number,
): Judgement {
  const whole = judgeEach("gate", mergeMeasurements(earlier, current), plan);
  const step = judgeEach("gate", current, plan);
  const judged = whole.map((one, index) => {
    const alone = step[index]?.verdict ?? one.verdict;
    return {
      ...one,
      verdict: one.verdict.kind === "FAIL" || one.verdict.kind === "HOLD" ? one.verdict : notFailed(alone),
    };
  });
  const causes = judged.flatMap((one) => decideStep([one], overtime >= patience(one.verdict, plan)).causes);
  return { action: overtime < 0 ? onlyBreaches(causes) : strictest(causes), judged };
}

/** What the guard counted since a step began, as a measurement of that step: for plans without Prometheus. */
export function measurementOf(since: GuardSnapshot, now: GuardSnapshot, percent: number): StepMeasurement {
  const coverage = { pods: now.candidate.pods, podsRead: now.candidate.read };
  const grown = (bad: (slot: SlotCounts) => number): Measurement => {
    const counts = (from: SlotCounts, until: SlotCounts): Counts => ({
      total: until.requests - from.requests,
      bad: bad(until) - bad(from),
    });
    const period = {
      candidate: counts(since.candidate, now.candidate),
      active: percent === 100 ? null : counts(since.active, now.active),
    };
    return { status: "read", periods: [period], coverage };
  };
  const latency = areSlowKnown(now) ? grown((slot) => slot.slow) : slowUnknown;
  return { errorRate: grown((slot) => slot.errors), latency, custom: {} };
}

function areSlowKnown({ candidate, active }: Pick<GuardSnapshot, "candidate" | "active">): boolean {
  return candidate.slowKnown && active.slowKnown;
}

const slowUnknown: Measurement = {
  status: "unavailable",
  problem: { kind: "no_series", detail: "No bucket of the pods' histogram ends at the latency threshold." },
};

/** One line for people: what each metric says. */
export function describeJudged(judged: readonly Judged[]): string {
  return judged.map(({ metric, verdict }) => `${metric} ${verdict.kind}${told(verdict)}`).join("; ");
}

/** One line for people: what the candidate's pods suffer, or have suffered; "" for nothing. */
export function describePods({ restarts, down, signals }: SlotSnapshot): string {
  const ended = signals.findLast(({ kind }) => kind === "crashed" || kind === "oom_killed" || kind === "failed");
  const count = restarts === 0 ? [] : [`${restarts} restart${restarts === 1 ? "" : "s"}`];
  const told = [...(ended === undefined ? [] : [ended]), ...down];
  return [
    ...count,
    ...told.map(({ pod, detail }) => (pod === "" ? `the candidate: ${detail}` : `${pod}: ${detail}`)),
  ].join("; ");
}

/** The reason of the strictest cause. */
export function reasonOf({ causes, kind }: Action): Reason {
  const decisive = causes.find(({ response }) => response === kind) ?? causes[0];
  return (decisive?.reason ?? "internal_error") as Reason;
}

function told(verdict: Verdict): string {
  if (verdict.kind === "ERROR") return ` (${verdict.problem.detail})`;
  if (verdict.evidence === null) return "";
  const { candidate, active, threshold } = verdict.evidence;
  const beside = active === null ? "" : `, active ${active.bad} of ${active.total}`;
  return ` (${candidate.bad} bad of ${candidate.total} requests${beside}, limit ${(100 * threshold).toPrecision(2)} %)`;
}

function judgeEach(lane: Lane, measured: StepMeasurement, plan: JudgingPlan): readonly Judged[] {
  return metricsOf(measured).map(([metric, measurement]) => ({
    metric,
    verdict: judge(measurement, criterionOf(lane, metric, plan)),
    policy: policyOf(metric, plan),
  }));
}

function metricsOf({ errorRate, latency, custom }: StepMeasurement): readonly (readonly [string, Measurement])[] {
  return [["errorRate", errorRate], ["latency", latency], ...Object.entries(custom)];
}

/** What a lane judges a metric by: `errorRate`, `latency`, or the name of a custom one. */
export function criterionOf(
  lane: Lane,
  metric: string,
  { thresholds, gate }: Pick<JudgingPlan, "thresholds" | "gate">,
): Criterion {
  const { alpha, minRequests } = gate;
  const custom = thresholds.metrics.find(({ name }) => name === metric);
  // "95 % are faster" allows 5 % that are not.
  const threshold = metric === "latency" ? 1 - thresholds.latency.quantile : (custom ?? thresholds.errorRate).max;
  return { threshold, alpha, minRequests, spending: spendingOf(lane, metric, thresholds.metrics.length) };
}

function policyOf(metric: string, { thresholds, policies }: JudgingPlan): MetricPolicy {
  const custom = thresholds.metrics.find(({ name }) => name === metric);
  const [onBreach, breachReason]: readonly [Policy, Reason] =
    custom !== undefined
      ? [custom.policy, "metric_breached"]
      : metric === "latency"
        ? [thresholds.latency.policy, "high_latency"]
        : [thresholds.errorRate.policy, "high_error_rate"];
  return {
    onBreach,
    onNoData: policies.noData.policy,
    onUnavailable: policies.metricsUnavailable.policy,
    onSharedFault: policies.sharedFault.policy,
    breachReason,
  };
}

/** How long beyond its wait a step may last for want of this verdict's betterment, in milliseconds. */
function patience({ kind }: Verdict, { policies }: JudgingPlan): number {
  if (kind === "ERROR") return policies.metricsUnavailable.deadline;
  if (kind === "HOLD") return policies.sharedFault.deadline;
  return policies.noData.deadline;
}

/** A step alone cannot fail a release that is within its limits as a whole; but it does not pass on such counts either. */
function notFailed(verdict: Verdict): Verdict {
  if (verdict.kind !== "FAIL") return verdict;
  const detail = "The step alone is above the threshold, the release as a whole is not yet.";
  return { kind: "TOO_FEW", reason: "comparison_pending", evidence: verdict.evidence, detail };
}

function mergeMeasurements(earlier: readonly StepMeasurement[], current: StepMeasurement): StepMeasurement {
  const merge = (last: Measurement, read: (measured: StepMeasurement) => Measurement | undefined): Measurement => {
    if (last.status !== "read") return last;
    const before = earlier.map(read).flatMap((measured) => (measured?.status === "read" ? measured.periods : []));
    return { ...last, periods: [...before, ...last.periods] };
  };
  return {
    errorRate: merge(current.errorRate, (measured) => measured.errorRate),
    latency: merge(current.latency, (measured) => measured.latency),
    custom: Object.fromEntries(
      Object.entries(current.custom).map(([name, last]) => [name, merge(last, ({ custom }) => custom[name])]),
    ),
  };
}

/** While a step's wait is not over nothing but a breach matters. */
function onlyBreaches(causes: readonly Cause[]): Action {
  const breaches = causes.filter(({ response }) => response !== "wait");
  const action = strictest(breaches);
  return action.kind === "proceed" ? { kind: "wait", causes: breaches } : action;
}

function strictest(causes: readonly Cause[]): Action {
  const kind = (["rollback", "hold", "wait"] as const).find((each) => causes.some(({ response }) => response === each));
  return { kind: kind ?? "proceed", causes };
}
