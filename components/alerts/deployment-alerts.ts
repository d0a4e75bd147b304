// The nine alerts of R10.
import type { Objectives } from "../slo/objectives.ts";
import { rangeOf } from "../slo/promql.ts";
import { badShare, countOf, outcomes } from "../slo/release-queries.ts";
import type { Alert, AlertScope } from "./alert.ts";
import type { Recordings } from "./recordings.ts";
import type { AlertSettings } from "./settings.ts";
import { pascalCase, percent, value } from "./words.ts";

export interface DeploymentAlertSources {
  readonly scope: AlertScope;
  readonly objectives: Objectives;
  readonly settings: Pick<AlertSettings, "window" | "rules">;
  readonly recordings: Recordings;
}

/** Alerts about releases. Their counters are totals that are pushed: only their increase tells something. */
export function releaseAlerts({ scope, settings, recordings }: DeploymentAlertSources): readonly Alert[] {
  const { rules } = settings;
  const range = rangeOf(settings.window);
  const question = { scope, range };
  const common = { origin: "releases", dashboard: "deployment-overview" } as const;
  return [
    {
      ...common,
      name: "DeploymentHighErrorRate",
      signal: "deployments",
      expr: `${badShare(outcomes.deployments, question)} > ${rules.deploymentHighErrorRate.max}`,
      ...firing(rules.deploymentHighErrorRate),
      summary: `${value.share} of the releases failed`,
      description: `Of the releases that ended in the last ${range}, more than ${percent(rules.deploymentHighErrorRate.max)} failed before users saw them or were rolled back.`,
    },
    {
      ...common,
      name: "DeploymentRollbackDetected",
      signal: "deployments",
      expr: `${countOf("deployment_rollback_total", { ...question, by: ["reason"] })} > 0`,
      ...firing(rules.deploymentRollbackDetected),
      summary: `a release was rolled back: ${value.label("reason")}`,
      description: `In the last ${range}, ${value.count} release was taken back because of ${value.label("reason")}. The version before it serves.`,
    },
    {
      ...common,
      name: "SmokeTestFailing",
      signal: "smoke-tests",
      expr: `${badShare(outcomes.smokeTests, question)} > ${rules.smokeTestFailing.max}`,
      ...firing(rules.smokeTestFailing),
      summary: `${value.share} of the smoke tests failed`,
      description: `Of the smoke tests of the last ${range}, more than ${percent(rules.smokeTestFailing.max)} failed. No user saw those versions.`,
    },
    {
      ...common,
      name: "DeploymentFrequencyAnomaly",
      signal: "deployment-frequency",
      expr: `${recordings.frequency()} > ${rules.deploymentFrequencyAnomaly.max}`,
      ...firing(rules.deploymentFrequencyAnomaly),
      summary: `${value.count} releases in an hour`,
      description: `More than ${rules.deploymentFrequencyAnomaly.max} releases ended within an hour: somebody is in trouble, or a workflow runs in circles.`,
    },
    {
      ...common,
      name: "PrometheusQueryFailing",
      signal: "prometheus-queries",
      expr: `${badShare(outcomes.prometheusQueries, question)} > ${rules.prometheusQueryFailing.max}`,
      ...firing(rules.prometheusQueryFailing),
      summary: `${value.share} of the releases' requests to Prometheus failed`,
      description: `Of the requests that releases sent to Prometheus in the last ${range}, more than ${percent(rules.prometheusQueryFailing.max)} failed or timed out. Releases follow their policy for missing metrics.`,
    },
  ];
}

/** Alerts about what users get, whether a release is under way or not. Their limits are those of the stack's releases (R7). */
export function serviceAlerts(sources: DeploymentAlertSources): readonly Alert[] {
  const { scope, objectives, settings, recordings } = sources;
  const { window, rules } = settings;
  const range = rangeOf(window);
  const { failed, slow } = objectives;
  const limit = rangeOf(slow.above * 1000);
  const environment = pascalCase(scope.environment);
  return [
    {
      name: `HighErrorRate${environment}`,
      heading: "HighErrorRate",
      signal: "availability",
      origin: "service",
      expr: `${recordings.share("failed", window)} > ${failed.limit}`,
      ...firing(rules.highErrorRate),
      summary: `${value.share} of the requests fail`,
      description: `Over the last ${range}, more than ${percent(failed.limit)} of the requests were answered with 5xx.`,
      dashboard: "error-rate",
    },
    {
      name: `HighLatency${environment}`,
      heading: "HighLatency",
      signal: "latency",
      origin: "service",
      // P95 is above the limit exactly when more than 5 of 100 requests are; read at the bucket's edge, nothing is guessed.
      expr: `${recordings.share("slow", window)} > ${slow.limit}`,
      ...firing(rules.highLatency),
      summary: `P95 is above ${limit}`,
      description: `Over the last ${range}, ${value.share} of the requests took longer than ${limit}, where ${percent(slow.limit)} may. P95 is about ${value.secondsOf(recordings.p95())}.`,
      dashboard: "api-performance",
    },
  ];
}

function firing({ for: duration, severity }: Pick<Alert, "for" | "severity">): Pick<Alert, "for" | "severity"> {
  return { for: duration, severity };
}
