// Alerts about the alerts' own grounds: that there is something to be told, that somebody tells it, and that a release ends.
import { rangeOf } from "../slo/promql.ts";
import { secondsSince, seriesOf } from "../slo/release-queries.ts";
import { write } from "../slo/selector.ts";
import { podsUp } from "../slo/service-queries.ts";
import type { Alert, AlertScope } from "./alert.ts";
import type { AlertSettings } from "./settings.ts";
import { value } from "./words.ts";

export interface WatchSources {
  readonly scope: AlertScope;
  readonly settings: Pick<AlertSettings, "rules" | "notifications">;
}

/** Alerts about metrics that are missing or old, and about a release that does not end. */
export function watchAlerts({ scope, settings }: WatchSources): readonly Alert[] {
  const { rules } = settings;
  const pushed = { origin: "releases", dashboard: "deployment-overview", for: 0 } as const;
  return [
    {
      name: "ServiceMetricsAbsent",
      signal: "service-metrics",
      absenceOf: "service",
      expr: `absent(${podsUp({ scope })})`,
      ...rules.serviceMetricsAbsent,
      summary: "Prometheus reads no pod",
      description: "There is no pod that Prometheus reads, so nothing is known of errors and latency.",
      dashboard: "api-performance",
    },
    {
      name: "DeploymentMetricsAbsent",
      signal: "deployment-metrics",
      absenceOf: "releases",
      expr: `absent(${write(seriesOf("deployment_total", scope))})`,
      ...rules.deploymentMetricsAbsent,
      summary: "the counts of releases are missing",
      description: "The Pushgateway has no counts of releases: it lost them, or nobody ever pushed them.",
      dashboard: "deployment-overview",
    },
    {
      ...pushed,
      name: "DeploymentMetricsStale",
      signal: "deployment-metrics",
      expr: `${secondsSince("push_time_seconds", scope)} > ${rules.deploymentMetricsStale.after / 1000}`,
      severity: rules.deploymentMetricsStale.severity,
      summary: `nobody pushed counts of releases for ${value.seconds}`,
      description: `No release and no command pushed anything for more than ${rangeOf(rules.deploymentMetricsStale.after)}: none ran, or their pushes do not arrive.`,
    },
    {
      ...pushed,
      name: "ReleaseStuck",
      signal: "release-progress",
      expr: `${secondsSince("deployment_in_progress_since_timestamp_seconds", scope)} > ${rules.releaseStuck.after / 1000}`,
      severity: rules.releaseStuck.severity,
      summary: `a release is under way for ${value.seconds}`,
      description: `A release takes at most ${rangeOf(rules.releaseStuck.after)}. This one waits for somebody, or its releaser is gone.`,
    },
  ];
}

/** Fires always: whoever is told of it every so often knows that Prometheus and Alertmanager work, and notices when they do not. */
export const deadMansSwitch: Alert = {
  name: "DeadMansSwitch",
  signal: "dead-mans-switch",
  expr: "vector(1)",
  for: 0,
  severity: "none",
  summary: "alerts work",
  description: "This alert always fires. When it is no longer heard of, no other alert is either.",
  dashboard: "deployment-overview",
};
