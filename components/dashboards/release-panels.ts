// How the releases of one service in one environment went.
import type { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import type { PanelBuilder as SeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { outcomeTargets } from "../slo/objectives.ts";
import {
  canaryTraffic,
  countOf,
  deploymentFrequency,
  durationAt,
  goodShare,
  outcomes,
  secondsSince,
  type ReleaseScope,
} from "../slo/release-queries.ts";
import { atLeast, outcomeColours, perPoint, stat, timeSeries, wholeRange, type Query } from "./house-style.ts";

/** Releases are rare: shorter bars would show the same, and cost more. */
const barInterval = "1m";
/** Long enough to hold a few releases. */
const dayRange = "1d";

export function releasesByOutcome(scope: ReleaseScope): SeriesBuilder {
  return timeSeries({
    title: "Releases",
    description:
      "Releases that ended. failed: taken back before any user was sent to it. rolled_back: taken back from users.",
    unit: units.Short,
    as: "bars",
    interval: barInterval,
    colours: outcomeColours,
    queries: [{ expr: countOf("deployment_total", { scope, range: perPoint, by: ["status"] }), legend: "{{status}}" }],
  });
}

export function rollbacksByReason(scope: ReleaseScope): SeriesBuilder {
  return timeSeries({
    title: "Releases taken back",
    description: "Releases that were taken back, by reason, whether users had been sent to them or not.",
    unit: units.Short,
    as: "bars",
    interval: barInterval,
    queries: [
      // There are many reasons, and few that ever come up.
      {
        expr: `${countOf("deployment_rollback_total", { scope, range: perPoint, by: ["reason"] })} > 0`,
        legend: "{{reason}}",
      },
    ],
  });
}

export function canaryShare(scope: ReleaseScope): SeriesBuilder {
  return timeSeries({
    title: "Canary traffic",
    description:
      "Share of the traffic that a release under way has decided to have on its candidate. Nothing between releases.",
    unit: units.Percent,
    as: "steps",
    max: 100,
    queries: [{ expr: canaryTraffic(scope), legend: "{{deployment_id}}" }],
  });
}

export function releaseDuration(scope: ReleaseScope): SeriesBuilder {
  return timeSeries({
    title: "Duration of a release",
    description:
      "From a release's begin to its end, of the releases of the day before each point; estimated from a histogram.",
    unit: units.Seconds,
    queries: quantiles("deployment_duration_seconds", scope),
  });
}

export function smokeTestDuration(scope: ReleaseScope): SeriesBuilder {
  return timeSeries({
    title: "Duration of a smoke test",
    description: "Time of a whole smoke test, of the tests of the day before each point; estimated from a histogram.",
    unit: units.Seconds,
    queries: quantiles("smoke_test_duration_seconds", scope),
  });
}

export function prometheusQueryDuration(scope: ReleaseScope): SeriesBuilder {
  return timeSeries({
    title: "Duration of a query",
    description:
      "Time of one request of a release to Prometheus, of the day before each point; estimated from a histogram.",
    unit: units.Seconds,
    queries: quantiles("prometheus_query_duration_seconds", scope),
  });
}

export function smokeTests(scope: ReleaseScope): SeriesBuilder {
  return timeSeries({
    title: "Smoke tests",
    description: "Smoke tests of the releases that ended, by result.",
    unit: units.Short,
    as: "bars",
    interval: barInterval,
    colours: outcomeColours,
    queries: [{ expr: countOf("smoke_test_total", { scope, range: perPoint, by: ["result"] }), legend: "{{result}}" }],
  });
}

export function prometheusQueries(scope: ReleaseScope): SeriesBuilder {
  return timeSeries({
    title: "Queries to Prometheus",
    description: "Requests to Prometheus of the releases that ended, by result, each try by itself.",
    unit: units.Short,
    as: "bars",
    interval: barInterval,
    colours: outcomeColours,
    queries: [
      { expr: countOf("prometheus_query_total", { scope, range: perPoint, by: ["result"] }), legend: "{{result}}" },
    ],
  });
}

export function successOverTime(scope: ReleaseScope): SeriesBuilder {
  return timeSeries({
    title: "Deployments that succeeded, day by day",
    description:
      "Share of the releases of the day before each point whose version stayed. The line is the target of 95 %.",
    unit: units.PercentUnit,
    max: 1,
    thresholds: atLeast(outcomeTargets.deploymentSuccess),
    queries: [{ expr: goodShare(outcomes.deployments, { scope, range: dayRange }), legend: "succeeded" }],
  });
}

export function frequency(scope: ReleaseScope): SeriesBuilder {
  return timeSeries({
    title: "Releases per hour",
    description: "Releases that ended in the hour before each point, however they did.",
    unit: units.Short,
    as: "steps",
    queries: [{ expr: deploymentFrequency(scope), legend: "releases" }],
  });
}

export function releaseCount(scope: ReleaseScope): StatBuilder {
  return stat({
    title: "Releases in the range",
    description: "Releases that ended in the range, however they did.",
    unit: units.Short,
    query: { expr: countOf("deployment_total", { scope, range: wholeRange }) },
  });
}

export function sinceLastSuccess(scope: ReleaseScope): StatBuilder {
  return stat({
    title: "Since the last success",
    description: "Time since a release last ended with its version in place.",
    unit: units.Seconds,
    query: { expr: secondsSince("deployment_last_success_timestamp_seconds", scope) },
    noValue: "never",
  });
}

function quantiles(histogram: string, scope: ReleaseScope): Query[] {
  return [0.5, 0.95].map((quantile) => ({
    expr: durationAt(quantile, histogram, { scope, range: dayRange }),
    legend: `P${quantile * 100}`,
  }));
}
