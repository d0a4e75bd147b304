import type { ReleasePlan } from "../components/release-plan/release-plan.ts";
import type { Faults } from "./rig.ts";

/** Releases of like candidates under a like load. */
export interface Section {
  readonly name: string;
  /** Requests a second of users. */
  readonly perSecond: number;
  /** Of the candidate. */
  readonly faults: Faults;
  /** Of the version that serves. */
  readonly activeFaults: Faults;
  readonly steps: ReleasePlan["steps"];
  readonly prometheus: boolean;
  readonly rounds: number;
  /** Of one round, in seconds on two cores. */
  readonly estimate: number;
  /** `dead-ends`: every other release has metrics and messages to send, to places that never answer. */
  readonly purpose: "rollback" | "judgement" | "dead-ends";
  /** For a judgement: the requests that GATE.md gives until FAIL, median and 90th percentile. */
  readonly expected?: { readonly median: number; readonly p90?: number };
}

const wait = 180_000;
/** As most environments begin: nine of ten requests stay where they are. */
const canary: ReleasePlan["steps"] = [
  { percent: 10, wait },
  { percent: 100, wait },
];
/** All at once, so that there is no active slot to compare with and the threshold alone judges. */
const whole: ReleasePlan["steps"] = [{ percent: 100, wait }];

const none: Faults = {};
const allFail: Faults = { errorShare: 1 };
const share = (errorShare: number): Faults => ({ errorShare, spacing: "random" });

export interface Rounds {
  /** Of releases that are measured for how fast they are taken back, at both rates together. */
  readonly rollbacks: number;
  /** Of such releases with Prometheus stopped. */
  readonly withoutPrometheus: number;
  /** Of those with metrics and messages for places that never answer, and as many without, in turn. */
  readonly deadEnds: number;
  /** Of each of the six kinds of releases that fail a share of their requests. */
  readonly judgements: number;
}

/** What is measured, in this order: Prometheus is gone in the end. */
export function sections({ rollbacks, withoutPrometheus, deadEnds, judgements }: Rounds): readonly Section[] {
  const rollback = (perSecond: number, prometheus: boolean): Section => ({
    name: `every request fails, 10 % of ${perSecond}/s${prometheus ? "" : ", Prometheus stopped"}`,
    purpose: "rollback",
    faults: allFail,
    activeFaults: none,
    steps: canary,
    rounds: Math.ceil((prometheus ? rollbacks : withoutPrometheus) / 2),
    // A release that begins without Prometheus looks for it first, for as long as it may.
    estimate: prometheus ? 12 : 65,
    perSecond,
    prometheus,
  });
  const judgement = (
    candidate: number,
    active: number | undefined,
    expected: NonNullable<Section["expected"]>,
    estimate: number,
  ): Section => ({
    name:
      active === undefined
        ? `${percent(candidate)} errors against the threshold of 0.1 %`
        : `${percent(candidate)} errors against ${percent(active)} at the active slot, 1:9`,
    purpose: "judgement",
    // Fifty a second at the candidate in both cases.
    perSecond: active === undefined ? 50 : 500,
    faults: share(candidate),
    activeFaults: active === undefined ? none : share(active),
    steps: active === undefined ? whole : canary,
    prometheus: true,
    rounds: judgements,
    expected,
    estimate,
  });
  const telling: Section = {
    ...rollback(500, true),
    name: "every request fails, 10 % of 500/s, every other one with messages for places that never answer",
    purpose: "dead-ends",
    rounds: 2 * deadEnds,
    estimate: 16,
  };
  return [
    rollback(50, true),
    rollback(500, true),
    telling,
    judgement(0.2, undefined, { median: 8, p90: 18 }, 11),
    judgement(0.05, undefined, { median: 34, p90: 102 }, 12),
    judgement(0.01, undefined, { median: 393, p90: 998 }, 20),
    judgement(0.05, 0.0005, { median: 100, p90: 170 }, 13),
    judgement(0.01, 0.0005, { median: 647, p90: 1_112 }, 26),
    judgement(0.2, 0.05, { median: 65 }, 12),
    rollback(50, false),
    rollback(500, false),
  ].filter(({ rounds }) => rounds > 0);
}

function percent(value: number): string {
  return `${Number((100 * value).toPrecision(3))} %`;
}
