import type http from "node:http";
import type { CustomMetric } from "../../../components/release-plan/release-plan.ts";
import { StepGate, type PrometheusMeasurement, type StepGateOptions } from "../../../delivery/prometheus/step-gate.ts";
import type { Slot, SlotHealth, StepWindow } from "../../../delivery/release/ports.ts";
import { serve, type Received } from "../support/loopback.ts";
import { answerScalar, answerVector, clientOf, parametersOf } from "./fake-prometheus.ts";

const never = new AbortController().signal;
const candidate = { slot: "green", template: "aaaaaaaaaaaa", version: "2", image: "atom:2" } as const;
export const metric: CustomMetric = {
  name: "jobs",
  bad: 'sum(increase(jobs_total{slot="{{slot}}",failed="true"}[{{window}}])) or vector(0)',
  total: 'sum(increase(jobs_total{slot="{{slot}}"}[{{window}}])) or vector(0)',
  max: 0.01,
  policy: "rollback",
};

export function health(slot: Slot): SlotHealth {
  const staged = slot === "green" ? candidate : { ...candidate, slot, template: "bbbbbbbbbbbb" };
  return { staged, ready: true, desiredReplicas: 2, readyReplicas: 2, stuck: undefined };
}

/** Answers by the first pattern that the query matches; queries of no pattern get one series with 0. */
export type Answers = readonly (readonly [RegExp, (response: http.ServerResponse) => void])[];

export const green = /slot="green"/.source;
export const blue = /slot="blue"/.source;
export const value =
  (...values: readonly (number | string)[]) =>
  (response: http.ServerResponse): void => {
    answerVector(response, ...values);
  };
/** Candidate: 100 requests, 7 failed, 10 slow. Active: 900, 1, 20. */
const good: Answers = [
  [
    /^time\(\)$/,
    (response) => {
      answerScalar(response, 1_000);
    },
  ],
  [/^count\(sum_over_time\(up/, value(2)],
  [/^count\(last_over_time\(http_request_duration/, value(5)],
  [/^histogram_quantile/, value(0.12)],
  [new RegExp(`${green}.*status=~`), value(7)],
  [new RegExp(`${blue}.*status=~`), value(1)],
  [new RegExp(`http_requests_total.*${green}`), value(100)],
  [new RegExp(`http_requests_total.*${blue}`), value(900)],
  [new RegExp(`${green}.*le="0.2"`), value(90)],
  [new RegExp(`${blue}.*le="0.2"`), value(880)],
  [new RegExp(`${green}.*le="\\+Inf"`), value(100)],
  [new RegExp(`${blue}.*le="\\+Inf"`), value(900)],
];

export interface Measured {
  readonly measurement: PrometheusMeasurement;
  readonly received: readonly Received[];
}

export async function measure(
  answers: Answers,
  {
    since = 20_000,
    step = {},
    tryTimeoutMs = 10_000,
    ...options
  }: Partial<StepGateOptions> & { since?: number; step?: Partial<StepWindow>; tryTimeoutMs?: number } = {},
): Promise<Measured> {
  await using server = await serve((request, response) => {
    const query = parametersOf(request).query ?? "";
    const found = [...answers, ...good].find(([pattern]) => pattern.test(query));
    if (found === undefined) answerVector(response, 0);
    else found[1](response);
  });
  using test = clientOf(server.url, { deadlineMs: 3_000, tryTimeoutMs });
  const { client, clock } = test;
  const gate = new StepGate({
    prometheus: { client },
    slots: { look: (slot) => Promise.resolve(health(slot)) },
    clock,
    namespace: "atom-staging",
    service: "atom",
    slowAbove: 0.2,
    scrapeInterval: 1_000,
    custom: [],
    ...options,
  });
  const window: StepWindow = { candidate, active: "blue", step: 0, percent: 10, since: clock.now() - since, ...step };
  const measurement = await gate.measure(window, never);
  return { measurement, received: server.received };
}
