import { isWeightStep, type PlanStep, type ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { metricsOf, type MetricStory } from "./metric-story.ts";
import type { Line } from "./story.ts";

/** One stay at one step of the plan; a release that was held may stay at a step twice. */
export interface StepStory {
  /** In the plan's steps; `undefined` for the soak. */
  readonly index: number | undefined;
  readonly kind: "weight" | "approval" | "soak";
  /** Of the traffic on the candidate. */
  readonly percent: number;
  /** Wait, deadline or soak of the plan. */
  readonly plannedSeconds: number | undefined;
  /** Seconds since the release began; `undefined` where it was not reached. */
  readonly from: number | undefined;
  /** `undefined` where it was not left. */
  readonly until: number | undefined;
  /** When the data plane was seen to have the weight, or was given up on. */
  readonly inEffect: { readonly at: number; readonly confirmed: boolean; readonly detail: string } | undefined;
  readonly result: StepResult;
  /** Who decided it. */
  readonly by: "guard" | "gate" | undefined;
  /** What was said at its end. */
  readonly detail: string;
  /** How long beyond its wait it lasted. */
  readonly overtimeSeconds: number | undefined;
  readonly metrics: readonly MetricStory[];
  /** Seconds in which 95 % of the requests were answered, for people. */
  readonly p95: { readonly candidate: number | undefined; readonly active: number | undefined } | undefined;
  readonly evidenceDropped: boolean;
}

/** `passed-warned`: above a limit whose policy is to warn. `not-measured`: a hotfix. `taken-back`: by people or by a trouble that no verdict is about. */
export type StepResult =
  | "passed"
  | "passed-warned"
  | "approved"
  | "failed"
  | "held"
  | "taken-back"
  | "not-measured"
  | "under-way"
  | "not-reached";

const endings = ["step-passed", "approved", "soaked", "failed", "held"];
const entered: Partial<Record<Line["phase"], StepStory["kind"]>> = {
  shifting: "weight",
  "awaiting-approval": "approval",
  soaking: "soak",
};

/** All stays in their order, then the steps of the plan that were not reached. */
export function stepsOf(lines: readonly Line[], plan: ReleasePlan | undefined): readonly StepStory[] {
  const stays: Line[][] = [];
  let open: Line[] | undefined;
  for (const line of lines) {
    open?.push(line);
    if (open !== undefined && endings.includes(line.event)) open = undefined;
    if (open === undefined && entered[line.phase] !== undefined) {
      open = [line];
      stays.push(open);
    }
  }
  const told = stays.flatMap((stay) => stayOf(stay, plan));
  const highest = Math.max(-1, ...told.flatMap(({ index }) => index ?? []));
  const planned = lines.length === 0 ? [] : (plan?.steps ?? []);
  const ahead = planned.flatMap((step, index) => (index > highest ? [notReached(step, index, planned)] : []));
  return [...told, ...ahead];
}

function stayOf(stay: readonly Line[], plan: ReleasePlan | undefined): readonly StepStory[] {
  const [first] = stay;
  const last = stay.at(-1);
  const kind = first && entered[first.phase];
  if (first === undefined || last === undefined || kind === undefined) return [];
  const ended = stay.length > 1 && endings.includes(last.event);
  const seen = stay.findLast(({ event }) => event === "confirmed" || event === "unconfirmed");
  const { evidence } = last;
  const step = plan?.steps[first.step];
  return [
    {
      index: kind === "soak" ? undefined : first.step,
      kind,
      percent: first.percent,
      plannedSeconds: kind === "soak" ? plan && plan.soak / 1000 : step && plannedOf(step),
      from: first.since,
      until: ended ? last.since : undefined,
      inEffect: seen && { at: seen.since, confirmed: seen.event === "confirmed", detail: seen.detail },
      result: ended ? resultOf(last) : "under-way",
      by: ended ? evidence.by : undefined,
      detail: ended ? last.detail : "",
      overtimeSeconds: ended && evidence.overtime !== undefined ? Math.max(0, evidence.overtime / 1000) : undefined,
      metrics: ended ? metricsOf(evidence, plan) : [],
      p95: evidence.measured?.p95 && {
        candidate: evidence.measured.p95.candidate ?? undefined,
        active: evidence.measured.p95.active ?? undefined,
      },
      evidenceDropped: ended && evidence.dropped,
    },
  ];
}

function resultOf({ event, detail, evidence }: Line): StepResult {
  switch (event) {
    case "step-passed":
      if (detail.startsWith("not measured")) return "not-measured";
      return evidence.judged.some(({ verdict }) => verdict.kind !== "PASS") ? "passed-warned" : "passed";
    case "soaked":
      return "passed";
    case "approved":
      return "approved";
    case "held":
      return "held";
    default:
      return evidence.by !== undefined || evidence.dropped ? "failed" : "taken-back";
  }
}

function notReached(step: PlanStep, index: number, steps: readonly PlanStep[]): StepStory {
  const before = steps.slice(0, index + 1).findLast(isWeightStep);
  return {
    index,
    kind: isWeightStep(step) ? "weight" : "approval",
    percent: before?.percent ?? 0,
    plannedSeconds: plannedOf(step),
    from: undefined,
    until: undefined,
    inEffect: undefined,
    result: "not-reached",
    by: undefined,
    detail: "",
    overtimeSeconds: undefined,
    metrics: [],
    p95: undefined,
    evidenceDropped: false,
  };
}

function plannedOf(step: PlanStep): number {
  return (isWeightStep(step) ? step.wait : step.deadline) / 1000;
}
