// The shares of bad requests, recorded once for the alerts about limits and about burn rates.
import { latencyQuantile, type Objectives } from "../slo/objectives.ts";
import { orZero, rangeOf } from "../slo/promql.ts";
import { deploymentFrequency } from "../slo/release-queries.ts";
import { equalTo, write } from "../slo/selector.ts";
import {
  failedRate,
  latencyAt,
  requestRate,
  slowRate,
  timedRate,
  type ServiceQuestion,
} from "../slo/service-queries.ts";
import type { AlertScope, Recording } from "./alert.ts";

/** Sorts of bad requests, by what they and all requests are called in the names of recorded series. */
const names = {
  failed: { bad: "http_requests_failed", all: "http_requests" },
  slow: { bad: "http_requests_slow", all: "http_requests_timed" },
} as const;

export type BadRequests = keyof typeof names;

/** What is recorded for a service, and how it is asked for. */
export class Recordings {
  readonly #scope: AlertScope;
  readonly #objectives: Objectives;
  readonly #window: number;

  /** @param window what rates are taken over, in milliseconds */
  constructor(scope: AlertScope, objectives: Objectives, window: number) {
    this.#scope = scope;
    this.#objectives = objectives;
    this.#window = window;
  }

  /** Share of bad requests over a time in milliseconds, as recorded. */
  share(bad: BadRequests, range: number): string {
    return this.#series(shareName(bad, range));
  }

  /** The 95th percentile of the latency over the window, in seconds, as recorded: for people. */
  p95(): string {
    return this.#series(this.#p95Name());
  }

  /** Releases an hour, as recorded. */
  frequency(): string {
    return this.#series(frequencyName);
  }

  /** What must be recorded for the window. */
  ofWindow(): readonly Recording[] {
    const question: ServiceQuestion = { scope: this.#scope, range: rangeOf(this.#window) };
    const { above } = this.#objectives.slow;
    const [requests, timed] = [requestRate(question), timedRate(question)];
    return [
      { record: this.#rateName(names.failed.all), expr: requests },
      { record: this.#rateName(names.failed.bad), expr: orZero(failedRate(question), requests) },
      { record: this.#rateName(names.slow.all), expr: timed },
      { record: this.#rateName(names.slow.bad), expr: slowRate(question, above) },
      this.#recordedShare("failed", this.#window),
      this.#recordedShare("slow", this.#window),
      { record: this.#p95Name(), expr: latencyAt(latencyQuantile, question) },
    ];
  }

  /** What must be recorded for longer times. */
  ofRanges(ranges: readonly number[]): readonly Recording[] {
    const longer = [...new Set(ranges)].filter((range) => range !== this.#window).sort((left, right) => left - right);
    return (["failed", "slow"] as const).flatMap((bad) => longer.map((range) => this.#recordedShare(bad, range)));
  }

  ofReleases(): readonly Recording[] {
    return [{ record: frequencyName, expr: deploymentFrequency(this.#scope) }];
  }

  /** Over a longer time it is the share of the recorded rates' means: every request counts the same, whenever it came. */
  #recordedShare(bad: BadRequests, range: number): Recording {
    const over = (name: string): string => {
      const series = this.#series(this.#rateName(name));
      return range === this.#window ? series : `avg_over_time(${series}[${rangeOf(range)}])`;
    };
    return { record: shareName(bad, range), expr: `${over(names[bad].bad)} / (${over(names[bad].all)} > 0)` };
  }

  #series(metric: string): string {
    const { namespace, environment, service } = this.#scope;
    return write({ metric, matchers: equalTo({ namespace, environment, service }) });
  }

  #rateName(what: string): string {
    return `service:${what}:rate${rangeOf(this.#window)}`;
  }

  #p95Name(): string {
    return `service:http_request_duration_seconds:p95_rate${rangeOf(this.#window)}`;
  }
}

/** R9 fixes the name. */
const frequencyName = "deployment_frequency";

function shareName(bad: BadRequests, range: number): string {
  return `service:${names[bad].bad}:ratio_rate${rangeOf(range)}`;
}
