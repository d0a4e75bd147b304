// What a plan amounts to at today's traffic, in numbers: how long each step lasts, what it can prove, how soon a fault is found out.
import { isWeightStep, type ReleasePlan, type WeightStep } from "../../components/release-plan/release-plan.ts";
import { proof } from "../gate/bounds.ts";
import type { Criterion } from "../gate/verdict.ts";
import { criterionOf } from "../release/judging.ts";
import { detections, shareOf, type Detected } from "./detections.ts";
import { reactionOf, type Reaction } from "./reaction.ts";

/** The candidate's requests for something, and how long they take at today's traffic. */
export interface Need {
  readonly requests: number;
  /** In seconds; `null` where the traffic is not known or there is none. */
  readonly seconds: number | null;
}

/** A fault that is found out after so many requests; `seconds` with the guard's reading and the patch back. */
export interface DetectionForecast {
  /** The candidate's true share of failed requests. */
  readonly breach: number;
  /** `null`: not within 20,000 requests. */
  readonly median: Need | null;
  readonly p90: Need | null;
}

export interface WeightForecast {
  readonly kind: "weight";
  /** Index in the plan's steps. */
  readonly step: number;
  /** As the plan says. */
  readonly percent: number;
  /** As the router can make it, in percent. */
  readonly share: number;
  /** In milliseconds, as everything below that is no {@link Need}. */
  readonly wait: number;
  /** The candidate's requests within the wait; `null` where the traffic is not known. */
  readonly expected: number | null;
  /** Until the step can pass at all. */
  readonly minimum: Need;
  /** Requests without a failed one that prove the error rate's limit at one look, 95 %. */
  readonly oneLook: Need;
  /** … and at every look: when a verdict says "proven". */
  readonly everyLook: Need;
  /**
   * What becomes of the step with a candidate that fails nothing. `passes`: its wait is enough. `extended`: it is held until it can be
   * judged. `starves`: that takes longer than the plan is ready to wait, so the policy for no data decides. `unmeasured`: a hotfix.
   */
  readonly outcome: "passes" | "extended" | "starves" | "unmeasured" | "unknown";
  /** How long the weight is kept; `null` where that is not known. */
  readonly lasts: number | null;
  readonly detections: readonly DetectionForecast[];
}

export interface ApprovalForecast {
  readonly kind: "approval";
  readonly step: number;
  /** Of the traffic that is on the candidate while it waits. */
  readonly percent: number;
  readonly deadline: number;
}

/** What a limit takes to be proven, in requests without a bad one. */
export interface LimitForecast {
  /** `errorRate`, `latency`, or the name of a custom metric. */
  readonly metric: string;
  /** Share of bad requests that is still good, 0 to 1. */
  readonly threshold: number;
  readonly oneLook: number;
  readonly everyLook: number;
}

export type StepForecast = WeightForecast | ApprovalForecast;

/** Plain data: `--plan --json` prints it as it is. */
export interface Forecast {
  readonly environment: string;
  readonly service: string;
  /** Requests a second at the service; `null` where that is not known. */
  readonly perSecond: number | null;
  readonly reaction: Reaction;
  readonly limits: readonly LimitForecast[];
  readonly steps: readonly StepForecast[];
  /** In milliseconds, from the moment that the candidate's pods are ready. */
  readonly duration: {
    /** Everything good at the first look, nobody to wait for. */
    readonly least: number;
    /** Everything takes as long as it may, `pulumi up` and the pods' start included. */
    readonly most: number;
  };
}

/** Scrapes that a measurement must hold, see `windowSince`; and the second that lets the last one arrive. */
const scrapes = 4;
const settled = 1_000;

/**
 * @param plan the one that would be followed: shortened for a hotfix
 * @param perSecond requests a second that reach the service today; `undefined`: not known
 */
export function forecast(plan: ReleasePlan, perSecond: number | undefined): Forecast {
  const reaction = reactionOf(plan);
  let percent = 0;
  const steps = plan.steps.map((step, index): StepForecast => {
    if (!isWeightStep(step)) return { kind: "approval", step: index, percent, deadline: step.deadline };
    percent = step.percent;
    return weightForecast(plan, step, index, perSecond, reaction);
  });
  const { environment, service } = plan;
  const limits = limitsOf(plan);
  return {
    ...{ environment, service, perSecond: perSecond ?? null, reaction, limits, steps },
    duration: durationOf(plan, steps),
  };
}

function limitsOf(plan: ReleasePlan): readonly LimitForecast[] {
  return ["errorRate", "latency", ...plan.thresholds.metrics.map(({ name }) => name)].map((metric) => {
    const criterion = criterionOf("gate", metric, plan);
    const { oneLook, everyLook } = proof(criterion, oneASecond);
    return { metric, threshold: criterion.threshold, oneLook: oneLook.requests, everyLook: everyLook.requests };
  });
}

/** For what is counted in requests. */
const oneASecond = { requestsPerSecond: 1, weight: 100 };

function weightForecast(
  plan: ReleasePlan,
  { percent, wait }: WeightStep,
  step: number,
  perSecond: number | undefined,
  reaction: Reaction,
): WeightForecast {
  const criterion = criterionOf("guard", "errorRate", plan);
  const share = shareOf(plan, percent);
  const atCandidate = perSecond === undefined ? undefined : (perSecond * share) / 100;
  const need = (requests: number): Need => ({ requests, seconds: secondsFor(requests, atCandidate) });
  const { minimum, oneLook, everyLook } = proof(criterion, oneASecond);
  return {
    ...{ kind: "weight", step, percent, share, wait },
    expected: atCandidate === undefined ? null : Math.floor((atCandidate * wait) / 1000),
    minimum: need(minimum.requests),
    oneLook: need(oneLook.requests),
    everyLook: need(everyLook.requests),
    ...staying(plan, wait, minimum.requests, atCandidate),
    detections: detectionForecasts(criterion, share, atCandidate, reaction),
  };
}

/** How long a weight is kept for a candidate that fails nothing, and why. */
function staying(
  { gate, policies, prometheus, synthetic }: ReleasePlan,
  wait: number,
  minimum: number,
  atCandidate: number | undefined,
): Pick<WeightForecast, "outcome" | "lasts"> {
  // Only a hotfix has no wait.
  if (wait === 0) return { outcome: "unmeasured", lasts: 0 };
  if (atCandidate === undefined) return { outcome: "unknown", lasts: null };
  const inWait = (atCandidate * wait) / 1000;
  const missing = Math.max(0, minimum - inWait);
  // Once the wait is over the releaser sends requests of its own, if the plan lets it.
  const perSecond = atCandidate + (synthetic?.perSecond ?? 0);
  const overtime = missing === 0 ? 0 : perSecond === 0 ? Infinity : (1000 * missing) / perSecond;
  const scraped = prometheus === null ? 0 : scrapes * prometheus.scrapeInterval + settled;
  const judged = Math.max(wait + overtime, scraped);
  const looks = (ms: number): number => Math.ceil((ms - wait) / gate.every) * gate.every;
  if (judged <= wait) return { outcome: "passes", lasts: wait };
  const { deadline } = policies.noData;
  if (judged - wait > deadline) return { outcome: "starves", lasts: wait + looks(wait + deadline) };
  return { outcome: "extended", lasts: wait + looks(judged) };
}

function detectionForecasts(
  criterion: Criterion,
  share: number,
  atCandidate: number | undefined,
  { poll, patch }: Reaction,
): readonly DetectionForecast[] {
  const need = (requests: number | null): Need | null => {
    if (requests === null) return null;
    const seconds = secondsFor(requests, atCandidate);
    return { requests, seconds: seconds === null ? null : seconds + (poll + patch) / 1000 };
  };
  return detections(criterion, share).map(({ breach, median, p90 }: Detected) => ({
    breach,
    median: need(median),
    p90: need(p90),
  }));
}

function durationOf(plan: ReleasePlan, steps: readonly StepForecast[]): Forecast["duration"] {
  const { deadlines, soak, policies } = plan;
  const patience = Math.max(
    ...[policies.noData, policies.metricsUnavailable, policies.sharedFault].map(({ deadline }) => deadline),
  );
  const least = steps.reduce((sum, step) => sum + (step.kind === "approval" ? 0 : (step.lasts ?? step.wait)), soak);
  const inSteps = steps.reduce(
    (sum, step) =>
      sum +
      (step.kind === "approval" ? step.deadline : deadlines.confirm + step.wait + (step.wait === 0 ? 0 : patience)),
    0,
  );
  const around = deadlines.converge + deadlines.ready + 2 * deadlines.smoke + soak + deadlines.return;
  return { least, most: around + inSteps };
}

function secondsFor(requests: number, perSecond: number | undefined): number | null {
  return perSecond === undefined || perSecond === 0 ? null : requests / perSecond;
}
