// A forecast in words: what a release would do, how sure each step can be, and what happens when something is not as it should be.
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { isWeightStep } from "../../components/release-plan/release-plan.ts";
import { count } from "../report/figures.ts";
import { wayToCandidate } from "../smoke/way.ts";
import { counted, duration, percentage, rate } from "../view/quantities.ts";
import type { DetectionForecast, Forecast, LimitForecast, Need, StepForecast, WeightForecast } from "./forecast.ts";
import { policyLines } from "./policies.ts";
import { table } from "./table.ts";

/** What is known about the release that is described. All for people. */
export interface ForecastSubject {
  /** What serves now. */
  readonly from?: { readonly slot: string; readonly version: string } | undefined;
  /** What would be released, where it is staged or built already. */
  readonly to?:
    | { readonly slot: string; readonly version: string; readonly template: string; readonly staged: boolean }
    | undefined;
  /** Where the traffic is known from, or why it is not: `Prometheus, over the last 5 minutes`. */
  readonly traffic?: string | undefined;
  /** Why the canary's waits are skipped. */
  readonly hotfix?: string | undefined;
}

/** The lines that `atom release --plan` prints, at most 110 columns wide for plans of usual size. */
export function describeForecast(forecast: Forecast, plan: ReleasePlan, about: ForecastSubject = {}): string[] {
  return [
    `What a release of ${plan.service} in ${plan.environment} would do (nothing is changed)`,
    ...subjectLines(about),
    ...trafficLines(forecast, about),
    "",
    ...courseLines(forecast, plan, about),
    "",
    ...stepLines(forecast, plan),
    ...detectionLines(forecast, plan),
    "Otherwise",
    ...table(policyLines(plan)),
    "",
    ...durationLines(forecast, plan),
  ];
}

function subjectLines({ from, to, hotfix }: ForecastSubject): string[] {
  const newer = to === undefined ? "what `pulumi up` stages" : `${to.version} (template ${to.template}) in ${to.slot}`;
  return [
    ...(from === undefined && to === undefined
      ? []
      : [`  ${from === undefined ? "" : `from ${from.version} in ${from.slot} `}to ${newer}`]),
    ...(hotfix === undefined ? [] : [`  as a hotfix, without waits and approvals: ${hotfix}`]),
  ];
}

function trafficLines({ perSecond }: Forecast, { traffic }: ForecastSubject): string[] {
  const from = traffic === undefined ? "" : ` (${traffic})`;
  return [
    perSecond === null
      ? `  at a traffic that is not known${from}: in requests, without times`
      : `  at today's ${rate(perSecond)} requests/s${from}`,
  ];
}

/** The whole way, a line or two for each part of it. */
function courseLines({ steps }: Forecast, plan: ReleasePlan, { to }: ForecastSubject): string[] {
  const { deadlines, replicas, smoke, soak, prometheus } = plan;
  const names = smoke.steps.map(({ name }) => name).join(", ");
  const course: (readonly [string, ...string[]])[] = [
    to?.staged === true
      ? ["converge", "nothing: it is staged already"]
      : [
          "converge",
          `\`pulumi up\` stages the new version at 0 % of the traffic, at most ${duration(deadlines.converge)}`,
        ],
    [
      "ready",
      `until ${counted(replicas, "pod")} of it ${replicas === 1 ? "is" : "are"} ready, at most ${duration(deadlines.ready)}`,
    ],
    smoke.steps.length === 0
      ? ["smoke test", "none: the service names no smoke steps"]
      : [
          "smoke test",
          `${counted(smoke.steps.length, "step")} ${wayToCandidate(plan)}, no user on it yet, at most ${duration(deadlines.smoke)}:`,
          names,
        ],
    ...steps.map((step): readonly [string, string] => [nameOf(step), courseOf(step, plan)]),
    ...(smoke.steps.length === 0
      ? []
      : [["smoke test", `again, as a user, at most ${duration(deadlines.smoke)}`] as const]),
    ["soak", `${duration(soak)} at 100 %, the old pods warm; the way back is one patch`],
    ["finish", "the old pods are taken away; from then on a way back is another release"],
  ];
  return [
    ...course.flatMap(([name, first = "", ...more], index) => [
      `${String(index + 1).padStart(3)}  ${name.padEnd(12)}${first}`,
      ...more.map((text) => `${" ".repeat(17)}  ${text}`),
    ]),
    `     Each weight is set, and seen in effect within ${duration(deadlines.confirm)}. The pods' own counters judge it all the time${
      prometheus === null ? "." : ","
    }`,
    ...(prometheus === null ? [] : ["     and Prometheus must agree before the next step."]),
  ];
}

function courseOf(step: StepForecast, plan: ReleasePlan): string {
  if (step.kind === "approval")
    return `a person lets it go on (atom approve --stack ${plan.environment}), at most ${duration(step.deadline)}; the guard goes on judging`;
  const { share, percent, wait, outcome, lasts } = step;
  const asPods = share === percent ? "" : ` (${percentage(share / 100)} as whole pods)`;
  const { policy, deadline } = plan.policies.noData;
  switch (outcome) {
    case "unmeasured":
      return `set and seen in effect${asPods}; not waited for, guarded all the same`;
    case "passes":
      return `${duration(wait)}${asPods}: enough requests to judge it`;
    case "unknown":
      return `${duration(wait)}${asPods}, and ${counted(step.minimum.requests, "request")} at least`;
    case "extended":
      return `${duration(wait)}${asPods} are too short: it is held ${duration((lasts ?? wait) - wait)} longer, until it can be judged`;
    case "starves":
      return `${duration(wait)}${asPods} are too short, and so are ${duration(deadline)} more: then ${fate[policy]}`;
  }
}

const fate = {
  rollback: "it is TAKEN BACK for want of data",
  hold: "it is HELD for a person",
  warn: "it goes on with a warning, unjudged",
} as const;

/** What each weight can show. */
function stepLines({ steps, perSecond, limits }: Forecast, plan: ReleasePlan): string[] {
  const weights = steps.filter((step) => step.kind === "weight");
  const limit = percentage(plan.thresholds.errorRate.max);
  const head = [
    "step",
    "wait",
    ...(perSecond === null ? [] : ["requests"]),
    "to pass",
    `to show ≤ ${limit}`,
    "to prove it",
    ...(perSecond === null ? [] : ["lasts"]),
  ];
  const rows = weights.map((step) => [
    nameOf(step),
    duration(step.wait),
    ...(step.expected === null ? [] : [count(step.expected)]),
    ...[step.minimum, step.oneLook, step.everyLook].map(needed),
    ...(perSecond === null ? [] : [step.lasts === null ? "?" : duration(step.lasts)]),
  ]);
  return [
    "Requests at the candidate that a step needs, none of them failed",
    ...table([head, ...rows]),
    "  to show: 95 % sure at one look. To prove: sure at every look, which is when a verdict says `proven`.",
    ...limits
      .filter(({ metric }) => metric !== "errorRate")
      .map(
        (other) =>
          `  ${limitName(other, plan)}: ${count(other.oneLook)} to show it, ${count(other.everyLook)} to prove it.`,
      ),
    ...weights.flatMap((step) => provingLines(step, limit)),
    "",
  ];
}

function limitName({ metric, threshold }: LimitForecast, { thresholds }: ReleasePlan): string {
  const limit = `≤ ${percentage(threshold)}`;
  return metric === "latency" ? `${limit} over ${duration(thresholds.latency.seconds * 1000)}` : `${metric} ${limit}`;
}

function provingLines(step: WeightForecast, limit: string): string[] {
  const { expected, oneLook, everyLook } = step;
  if (expected === null || step.outcome === "unmeasured" || expected >= everyLook.requests) return [];
  if (expected >= oneLook.requests)
    return [`  At ${nameOf(step)} a pass shows ≤ ${limit}, and does not prove it at every look.`];
  return [
    `  At ${nameOf(step)} a pass means that no breach of ${limit} was found; its ${count(expected)} requests are too few to prove the limit.`,
  ];
}

/** How soon a bad candidate is taken back. */
function detectionLines({ steps, reaction, perSecond }: Forecast, { thresholds }: ReleasePlan): string[] {
  const weights = steps.filter((step) => step.kind === "weight");
  const [first] = weights;
  if (first === undefined) return [];
  const head = ["step", ...first.detections.map(({ breach }) => `failing ${percentage(breach)}`)];
  const rows = weights.map((step) => [
    nameOf(step),
    ...step.detections.map((detection) => cellOf(detection, thresholds.errorRate.max)),
  ]);
  const how = `a reading of the pods every ${duration(reaction.poll)} and ${duration(reaction.patch)} for the patch`;
  return [
    `A bad candidate is ${answers[thresholds.errorRate.policy]} after (half of the time | nine times in ten)`,
    ...table([head, ...rows]),
    perSecond === null ? "  in the candidate's requests" : `  each with ${how} included`,
    "",
  ];
}

function cellOf({ breach, median, p90 }: DetectionForecast, limit: number): string {
  if (breach <= limit) return "allowed";
  return median === null ? "not in 20,000" : `${found(median)} | ${p90 === null ? "–" : found(p90)}`;
}

const answers = { rollback: "taken back", hold: "held", warn: "warned of" } as const;

function durationLines({ duration: { least, most } }: Forecast, plan: ReleasePlan): string[] {
  const approvals = plan.steps.filter((step) => !isWeightStep(step)).length;
  const people = approvals === 0 ? "" : ` and ${counted(approvals, "approval")}`;
  return [
    `It takes at least ${duration(least)} after the pods are ready${people}, ${duration(plan.soak)} of it the soak;`,
    `at most ${duration(most)}, if everything takes as long as it may. Taking it back is one patch at any time before the end:`,
    `Ctrl-C, or atom abort --stack ${plan.environment}.`,
  ];
}

function nameOf(step: StepForecast): string {
  return step.kind === "approval" ? "approval" : `${step.percent} %`;
}

function needed({ requests, seconds }: Need): string {
  return seconds === null ? count(requests) : `${count(requests)} (${duration(seconds * 1000)})`;
}

function found({ requests, seconds }: Need): string {
  return seconds === null ? count(requests) : duration(seconds * 1000);
}
