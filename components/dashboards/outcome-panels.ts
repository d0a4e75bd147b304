// The project's outcome targets as numbers, each green as long as its target is met.
import * as units from "@grafana/grafana-foundation-sdk/units";
import type { PanelBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { outcomeTargets } from "../slo/objectives.ts";
import { badShare, durationAt, goodShare, outcomes, type ReleaseScope } from "../slo/release-queries.ts";
import { atLeast, below, stat, wholeRange } from "./house-style.ts";

export function deploymentSuccess(scope: ReleaseScope): PanelBuilder {
  return stat({
    title: "Deployments that succeeded",
    description: "Share of the releases whose version stayed with all of the traffic. Target: more than 95 %.",
    unit: units.PercentUnit,
    thresholds: atLeast(outcomeTargets.deploymentSuccess),
    query: { expr: goodShare(outcomes.deployments, { scope, range: wholeRange }) },
    noValue: "no release",
  });
}

export function rollbackRate(scope: ReleaseScope): PanelBuilder {
  return stat({
    title: "Deployments rolled back",
    description: "Share of the releases that were taken back from users. Target: less than 5 %.",
    unit: units.PercentUnit,
    thresholds: below(outcomeTargets.rollbacks),
    query: { expr: badShare(outcomes.rollbacks, { scope, range: wholeRange }) },
    noValue: "no release",
  });
}

export function smokeTestsPassed(scope: ReleaseScope): PanelBuilder {
  return stat({
    title: "Smoke tests that passed",
    description: "Share of the smoke tests of candidates that passed. Target: more than 98 %.",
    unit: units.PercentUnit,
    thresholds: atLeast(outcomeTargets.smokePassed),
    query: { expr: goodShare(outcomes.smokeTests, { scope, range: wholeRange }) },
    noValue: "no smoke test",
  });
}

export function prometheusQueriesSucceeded(scope: ReleaseScope): PanelBuilder {
  return stat({
    title: "Prometheus queries answered",
    description:
      "Share of a release's requests to Prometheus that got an answer, each try by itself. Target: more than 90 %.",
    unit: units.PercentUnit,
    thresholds: atLeast(outcomeTargets.queriesSucceeded),
    query: { expr: goodShare(outcomes.prometheusQueries, { scope, range: wholeRange }) },
    noValue: "no query",
  });
}

export function dashboardsUpdated(scope: ReleaseScope): PanelBuilder {
  return stat({
    title: "Dashboards updated",
    description: "Share of the releases that brought these dashboards with them. Target: all of them.",
    unit: units.PercentUnit,
    thresholds: atLeast(outcomeTargets.dashboardsUpdated),
    query: { expr: goodShare(outcomes.dashboards, { scope, range: wholeRange }) },
    noValue: "no release",
  });
}

/** R4's bar, in seconds. */
const rollbackWithin = 60;

export function timeToGoBack(scope: ReleaseScope): PanelBuilder {
  return stat({
    title: "Time to go back",
    description:
      "95 of 100 rollbacks took less, from the verdict until the traffic was seen back on the last good version. Target: less than 60 s.",
    unit: units.Seconds,
    thresholds: below(rollbackWithin),
    query: { expr: durationAt(0.95, "deployment_restore_duration_seconds", { scope, range: wholeRange }) },
    noValue: "no rollback",
  });
}
