import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { activeTotal, candidateTotal, type Counts } from "../gate/counts.ts";
import { periodsOf, type LineEvidence, type RecordedJudged, type RecordedVerdict } from "./evidence.ts";
import { share } from "./figures.ts";

/** What one metric showed, and what was made of it. */
export interface MetricStory {
  /** `errorRate`, `latency`, or a custom metric's name. */
  readonly metric: string;
  /** For people: what a bad request is. */
  readonly label: string;
  readonly verdict: RecordedVerdict["kind"];
  /** Of a PASS: whether the upper limit is at or below the threshold. */
  readonly proven: boolean | undefined;
  /** Of what is neither PASS nor FAIL: why. */
  readonly detail: string | undefined;
  /** The highest share of bad requests that is healthy. */
  readonly limit: number | undefined;
  /** `step`: what the step alone saw. `watch`: what the guard counted since it began. `release`: all that was judged. */
  readonly scope: "step" | "watch" | "release";
  readonly candidate: Counts | undefined;
  /** `undefined` where the active slot served nothing, or is not told apart. */
  readonly active: Counts | undefined;
  /** What the verdict was made of, where that was more than `candidate`. */
  readonly judgedOn: Counts | undefined;
  /** The true share is below this with a chance of 1 − alpha, however often it was looked at. */
  readonly upperLimit: number | undefined;
  /** Natural logarithms of e-values, each with the value from which on it is proof. */
  readonly proof: Proof | undefined;
}

export interface Proof {
  /** That the candidate is above the limit. */
  readonly breach: number | undefined;
  readonly breachNeeded: number | undefined;
  /** That the fault is its own; `undefined` where there is nothing to compare with. */
  readonly blame: number | undefined;
  readonly blameNeeded: number | undefined;
}

/** The metrics of a line, by its verdicts; where those are gone, there are none. */
export function metricsOf(evidence: LineEvidence, plan: ReleasePlan | undefined): readonly MetricStory[] {
  return evidence.judged.map((judged) => metricOf(judged, evidence, plan));
}

function metricOf({ metric, verdict }: RecordedJudged, evidence: LineEvidence, plan?: ReleasePlan): MetricStory {
  const { measured, by } = evidence;
  const read = metric === "errorRate" || metric === "latency" ? measured?.[metric] : measured?.custom[metric];
  const periods = periodsOf(read);
  const weighed = verdict.evidence ?? undefined;
  const own = periods && { candidate: candidateTotal(periods), active: activeTotal(periods) ?? undefined };
  const counted = own ?? { candidate: weighed?.candidate, active: weighed?.active ?? undefined };
  const judgedOn = own && weighed && weighed.candidate.total !== own.candidate.total ? weighed.candidate : undefined;
  return {
    metric,
    label: labelOf(metric, plan),
    verdict: verdict.kind,
    proven: verdict.proven,
    detail: verdict.problem?.detail ?? verdict.detail ?? saidOf(verdict),
    limit: weighed?.threshold ?? limitOf(metric, plan),
    scope: own !== undefined ? "step" : by === "guard" ? "watch" : "release",
    ...counted,
    judgedOn,
    upperLimit: weighed?.upperLimit ?? undefined,
    proof: weighed && {
      breach: weighed.logBreach ?? undefined,
      breachNeeded: weighed.logLimit ?? undefined,
      blame: weighed.logBlame ?? undefined,
      blameNeeded: weighed.logBlameLimit ?? undefined,
    },
  };
}

function saidOf({ kind }: RecordedVerdict): string | undefined {
  if (kind === "HOLD") return "The active slot is in the same trouble.";
  return kind === "NO_TRAFFIC" ? "The candidate got no request." : undefined;
}

function labelOf(metric: string, plan: ReleasePlan | undefined): string {
  if (metric === "errorRate") return "failed requests (5xx)";
  if (metric !== "latency") return metric;
  return plan === undefined ? "slow requests" : `requests slower than ${plan.thresholds.latency.seconds} s`;
}

function limitOf(metric: string, plan: ReleasePlan | undefined): number | undefined {
  if (plan === undefined) return undefined;
  const { errorRate, latency, metrics } = plan.thresholds;
  if (metric === "errorRate") return errorRate.max;
  return metric === "latency" ? 1 - latency.quantile : metrics.find(({ name }) => name === metric)?.max;
}

/** `7 of 700 (1 %)`. */
export function countsText(counts: Counts | undefined): string {
  if (counts === undefined) return "–";
  const { bad, total } = counts;
  if (total === 0) return "no requests";
  return `${bad.toLocaleString("en-US")} of ${total.toLocaleString("en-US")} (${share(bad / total)})`;
}
