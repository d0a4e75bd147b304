import type { CustomMetric } from "../../components/release-plan/release-plan.ts";
import { sourcesOf, type Sources } from "../../components/slo/sources.ts";
import type { Period } from "../gate/counts.ts";
import { isProblem, readValue, type Measurement, type Problem } from "../gate/measurement.ts";
import { windowSince } from "../gate/queries.ts";
import type { Clock, GateSource, Slots, StepMeasurement, StepWindow } from "../release/ports.ts";
import type { PrometheusClient } from "./client.ts";
import { Inquiry, type AskedQuery } from "./inquiry.ts";
import { askCoverage, askCustom, askErrors, askP95, askSlow, type Question } from "./slot-counts.ts";

/** What Prometheus says about a step, and how it came to be known; plain data. */
export interface PrometheusMeasurement extends StepMeasurement {
  /** Instant of the measuring. */
  readonly at: number;
  /** For people: seconds in which 95 % of the requests were answered; `null` where that is not known. */
  readonly p95: { readonly candidate: number | null; readonly active: number | null };
  /** What was asked, with what was answered. */
  readonly queries: readonly AskedQuery[];
  /** What Prometheus had to remark. */
  readonly warnings: readonly string[];
}

export interface StepGateOptions {
  /** Or why there is none to ask. */
  readonly prometheus: { readonly client: PrometheusClient } | { readonly why: string };
  readonly slots: Pick<Slots, "look">;
  readonly clock: Clock;
  readonly namespace: string;
  readonly service: string;
  /** In seconds; a request that took longer is slow. It must be an edge of the histogram. */
  readonly slowAbove: number;
  /** Between two scrapes of a pod, in milliseconds. */
  readonly scrapeInterval: number;
  readonly custom: readonly CustomMetric[];
}

/**
 * A scrape that began before the instant of a query may be stored after it. By looking a second back, all queries of a
 * measurement see the same scrapes.
 */
const settledSeconds = 1;

/** Measures a step at Prometheus, by counts since the step's weight took effect. */
export class StepGate implements GateSource<PrometheusMeasurement> {
  readonly #options: StepGateOptions;
  readonly #sources: Sources;

  constructor(options: StepGateOptions) {
    this.#options = options;
    this.#sources = sourcesOf(options.namespace, options.service);
  }

  async measure(step: StepWindow, signal: AbortSignal): Promise<PrometheusMeasurement> {
    const { prometheus, clock, scrapeInterval } = this.#options;
    if ("why" in prometheus) return this.#without({ kind: "unreachable", detail: `No Prometheus: ${prometheus.why}.` });
    const windowUntilNow = (): ReturnType<typeof windowSince> =>
      windowSince((clock.now() - step.since) / 1000 - settledSeconds, scrapeInterval / 1000);
    const early = windowUntilNow();
    if ("secondsLeft" in early) return this.#uniform({ status: "too_soon", secondsLeft: early.secondsLeft });
    const tenants = await this.#tenants(step, signal);
    if (isProblem(tenants)) return this.#without(tenants);

    // The clocks of the releaser and of Prometheus may differ: how long a step lasts is ours to know, when now is is theirs. Our
    // clock is read after theirs, so that an answer which was long on its way does not cost the step its first requests.
    const now = readValue("the time", (await prometheus.client.query("time()", signal)).answer);
    if (isProblem(now)) return this.#without(now);
    const window = windowUntilNow();
    if ("secondsLeft" in window) return this.#uniform({ status: "too_soon", secondsLeft: window.secondsLeft });
    const question: Question = { ...tenants, window };
    const inquiry = new Inquiry(prometheus.client, now - settledSeconds, signal);
    const { slowAbove, custom: metrics } = this.#options;
    const sources = this.#sources;
    const [coverage, errors, slow, custom, p95OfCandidate, p95OfActive] = await Promise.all([
      askCoverage(inquiry, sources, question),
      askErrors(inquiry, sources, question),
      askSlow(inquiry, sources, question, slowAbove),
      Promise.all(metrics.map(async (metric) => [metric.name, await askCustom(inquiry, question, metric)] as const)),
      askP95(inquiry, sources, "candidate", question.candidate, window),
      askP95(inquiry, sources, "active slot", question.active, window),
    ]);
    const measured = (period: Period | Problem): Measurement => {
      if (isProblem(coverage)) return { status: "unavailable", problem: coverage };
      if (isProblem(period)) return { status: "unavailable", problem: period };
      return { status: "read", periods: [period], coverage };
    };
    return {
      at: clock.now(),
      errorRate: measured(errors),
      latency: measured(slow),
      custom: Object.fromEntries(custom.map(([name, period]) => [name, measured(period)])),
      p95: { candidate: p95OfCandidate, active: p95OfActive },
      queries: inquiry.asked,
      warnings: inquiry.warnings,
    };
  }

  /** Template and pods of the slots come from the cluster: Prometheus only knows those that were there to be scraped. */
  async #tenants(step: StepWindow, signal: AbortSignal): Promise<Omit<Question, "window"> | Problem> {
    const { slots } = this.#options;
    const { slot, template } = step.candidate;
    try {
      const [candidate, active] = await Promise.all([
        slots.look(slot, signal),
        step.percent === 100 ? null : slots.look(step.active, signal),
      ]);
      if (active !== null && active.staged === undefined)
        return { kind: "no_series", detail: `The active slot ${step.active} has no pod template to ask for.` };
      const staged = active?.staged;
      return {
        candidate: { slot, template },
        active: staged === undefined ? null : { slot: staged.slot, template: staged.template },
        pods: candidate.desiredReplicas,
      };
    } catch (error) {
      signal.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      return { kind: "unreachable", detail: `The slots cannot be looked at: ${why}` };
    }
  }

  #without(problem: Problem): PrometheusMeasurement {
    return this.#uniform({ status: "unavailable", problem });
  }

  #uniform(measurement: Measurement): PrometheusMeasurement {
    const { clock, custom } = this.#options;
    return {
      at: clock.now(),
      errorRate: measurement,
      latency: measurement,
      custom: Object.fromEntries(custom.map(({ name }) => [name, measurement])),
      p95: { candidate: null, active: null },
      queries: [],
      warnings: [],
    };
  }
}
