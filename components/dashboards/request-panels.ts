// What users get, as the service's own counters tell it. Probes and scrapes do not count.
import type { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import type { PanelBuilder as SeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { latencyQuantile, type Objectives } from "../slo/objectives.ts";
import {
  failedRate,
  failedShare,
  latencyAt,
  podsUp,
  requestRate,
  slowShare,
  type ServiceScope,
} from "../slo/service-queries.ts";
import { below, perPoint, stat, timeSeries, wholeRange } from "./house-style.ts";

const percent = (share: number): string => `${Number((share * 100).toPrecision(6))} %`;
const milliseconds = (seconds: number): string => `${Math.round(seconds * 1000)} ms`;

/** What the legend calls an endpoint. */
const endpoint = { by: ["method", "route"], legend: "{{method}} {{route}}" } as const;
/** What the legend calls a version, which may run in either slot. */
const version = { by: ["slot", "version"], legend: "{{version}} in {{slot}}" } as const;

export function requestsNow(scope: ServiceScope): StatBuilder {
  return stat({
    title: "Requests",
    description: "Requests per second, of users alone: probes and scrapes do not count.",
    unit: units.RequestsPerSecond,
    course: true,
    query: { expr: requestRate({ scope, range: perPoint }) },
    noValue: "no request",
  });
}

export function failedNow(scope: ServiceScope, { failed }: Objectives): StatBuilder {
  return stat({
    title: "Failed requests",
    description: `Share of the requests that are answered with 5xx. The limit that releases and alerts go by is ${percent(failed.limit)}.`,
    unit: units.PercentUnit,
    decimals: 2,
    course: true,
    thresholds: below(failed.limit),
    query: { expr: failedShare({ scope, range: perPoint }) },
    noValue: "no request",
  });
}

export function failedInRange(scope: ServiceScope, { failed }: Objectives): StatBuilder {
  return stat({
    title: "Failed requests, whole range",
    description: `Share of the requests of the whole range that were answered with 5xx. What is promised leaves ${percent(failed.budget)}.`,
    unit: units.PercentUnit,
    decimals: 3,
    thresholds: below(failed.budget),
    query: { expr: failedShare({ scope, range: wholeRange }) },
    noValue: "no request",
  });
}

export function latencyNow(scope: ServiceScope, { slow }: Objectives): StatBuilder {
  return stat({
    title: "P95 latency",
    description: `95 of 100 requests take less; estimated from a histogram. The limit is ${milliseconds(slow.above)}.`,
    unit: units.Seconds,
    course: true,
    thresholds: below(slow.above),
    query: { expr: latencyAt(latencyQuantile, { scope, range: perPoint }) },
    noValue: "no request",
  });
}

export function slowNow(scope: ServiceScope, { slow }: Objectives): StatBuilder {
  return stat({
    title: "Slow requests",
    description: `Share of the requests that take longer than ${milliseconds(slow.above)}, exactly. P95 keeps its limit while it is below ${percent(slow.limit)}.`,
    unit: units.PercentUnit,
    decimals: 2,
    course: true,
    thresholds: below(slow.limit),
    query: { expr: slowShare({ scope, range: perPoint }, slow.above) },
    noValue: "no request",
  });
}

export function podsRead(scope: ServiceScope): StatBuilder {
  return stat({
    title: "Pods",
    description: "Pods of the service that Prometheus reads, of both slots.",
    unit: units.Short,
    course: true,
    query: { expr: podsUp({ scope }) },
  });
}

export function requestsByVersion(scope: ServiceScope): SeriesBuilder {
  return timeSeries({
    title: "Requests by version",
    description: "Requests per second that each version answers. While a release is under way there are two.",
    unit: units.RequestsPerSecond,
    queries: [{ expr: requestRate({ scope, range: perPoint, by: version.by }), legend: version.legend }],
  });
}

export function requestsByEndpoint(scope: ServiceScope): SeriesBuilder {
  return timeSeries({
    title: "Requests by endpoint",
    description: "Requests per second to each endpoint.",
    unit: units.RequestsPerSecond,
    queries: [{ expr: requestRate({ scope, range: perPoint, by: endpoint.by }), legend: endpoint.legend }],
  });
}

export function latencyQuantiles(scope: ServiceScope, { slow }: Objectives): SeriesBuilder {
  return timeSeries({
    title: "Latency",
    description: `What 50, 95 and 99 of 100 requests take at most; estimated from a histogram. The line is the limit of P95, ${milliseconds(slow.above)}.`,
    unit: units.Seconds,
    thresholds: below(slow.above),
    queries: [0.5, 0.95, 0.99].map((quantile) => ({
      expr: latencyAt(quantile, { scope, range: perPoint }),
      legend: `P${quantile * 100}`,
    })),
  });
}

/** @param quantile as a fraction: 0.95 */
export function latencyByEndpoint(scope: ServiceScope, quantile: number): SeriesBuilder {
  return timeSeries({
    title: `P${quantile * 100} by endpoint`,
    description: `What ${quantile * 100} of 100 requests to each endpoint take at most; estimated from a histogram.`,
    unit: units.Seconds,
    queries: [{ expr: latencyAt(quantile, { scope, range: perPoint, by: endpoint.by }), legend: endpoint.legend }],
  });
}

export function latencyByVersion(scope: ServiceScope, { slow }: Objectives): SeriesBuilder {
  return timeSeries({
    title: "P95 by version",
    description: `What 95 of 100 requests take at most, by the version that answers them. The line is the limit, ${milliseconds(slow.above)}.`,
    unit: units.Seconds,
    thresholds: below(slow.above),
    queries: [{ expr: latencyAt(latencyQuantile, { scope, range: perPoint, by: version.by }), legend: version.legend }],
  });
}

export function failedOverTime(scope: ServiceScope, { failed }: Objectives): SeriesBuilder {
  return timeSeries({
    title: "Share of failed requests",
    description: `Share of the requests that are answered with 5xx. The line is the limit, ${percent(failed.limit)}.`,
    unit: units.PercentUnit,
    thresholds: below(failed.limit),
    queries: [{ expr: failedShare({ scope, range: perPoint }), legend: "failed" }],
  });
}

export function failedByVersion(scope: ServiceScope, { failed }: Objectives): SeriesBuilder {
  return timeSeries({
    title: "Share of failed requests by version",
    description: `Share of each version's requests that are answered with 5xx: is it the candidate alone? The line is the limit, ${percent(failed.limit)}.`,
    unit: units.PercentUnit,
    thresholds: below(failed.limit),
    queries: [{ expr: failedShare({ scope, range: perPoint, by: version.by }), legend: version.legend }],
  });
}

export function failedShareByEndpoint(scope: ServiceScope): SeriesBuilder {
  return timeSeries({
    title: "Share of failed requests by endpoint",
    description: "Share of the requests to each endpoint that are answered with 5xx.",
    unit: units.PercentUnit,
    queries: [{ expr: failedShare({ scope, range: perPoint, by: endpoint.by }), legend: endpoint.legend }],
  });
}

export function failuresByEndpoint(scope: ServiceScope): SeriesBuilder {
  return timeSeries({
    title: "Failed requests by endpoint",
    description: "Requests per second that are answered with 5xx. An endpoint without a single one is not listed.",
    unit: units.RequestsPerSecond,
    queries: [{ expr: failedRate({ scope, range: perPoint, by: endpoint.by }), legend: endpoint.legend }],
  });
}

export function answersByStatus(scope: ServiceScope): SeriesBuilder {
  return timeSeries({
    title: "Answers by status",
    description: "Requests per second by the status of the answer.",
    unit: units.RequestsPerSecond,
    queries: [{ expr: requestRate({ scope, range: perPoint, by: ["status"] }), legend: "{{status}}" }],
  });
}

export function slowOverTime(scope: ServiceScope, { slow }: Objectives): SeriesBuilder {
  return timeSeries({
    title: "Share of slow requests",
    description: `Share of the requests that take longer than ${milliseconds(slow.above)}. The line is ${percent(slow.limit)}: above it P95 breaks its limit.`,
    unit: units.PercentUnit,
    thresholds: below(slow.limit),
    queries: [{ expr: slowShare({ scope, range: perPoint }, slow.above), legend: "slow" }],
  });
}
