import { pushed, steps, type Fired, type RuleTest } from "../rule-test.ts";

// A value every 15 s: 4 values are a minute.

const failedReleases = (share: string): Fired => ({
  severity: "warning",
  signal: "deployments",
  summary: `${share} of the releases failed`,
  description:
    "Of the releases that ended in the last 5m, more than 10 % failed before users saw them or were rolled back.",
  dashboard: "deployment-overview",
});

const deployments = (status: string): string => pushed("deployment_total", { status });

const rolledBack = (reason: string): Fired => ({
  severity: "critical",
  signal: "deployments",
  labels: { reason },
  summary: `a release was rolled back: ${reason}`,
  description: `In the last 5m, 1 release was taken back because of ${reason}. The version before it serves.`,
  dashboard: "deployment-overview",
});

const rollbacks = (reason: string): string => pushed("deployment_rollback_total", { reason });

const failedSmokeTests = (share: string): Fired => ({
  severity: "warning",
  signal: "smoke-tests",
  summary: `${share} of the smoke tests failed`,
  description: "Of the smoke tests of the last 5m, more than 5 % failed. No user saw those versions.",
  dashboard: "deployment-overview",
});

const smokeTests = (result: string): string => pushed("smoke_test_total", { result });

const tooMany = (count: number): Fired => ({
  severity: "info",
  signal: "deployment-frequency",
  summary: `${count} releases in an hour`,
  description: "More than 2 releases ended within an hour: somebody is in trouble, or a workflow runs in circles.",
  dashboard: "deployment-overview",
});

const failedQueries = (share: string): Fired => ({
  severity: "warning",
  signal: "prometheus-queries",
  summary: `${share} of the releases' requests to Prometheus failed`,
  description:
    "Of the requests that releases sent to Prometheus in the last 5m, more than 10 % failed or timed out. Releases follow their policy for missing metrics.",
  dashboard: "deployment-overview",
});

const queries = (result: string): string => pushed("prometheus_query_total", { workflow: "release", result });

const stack = "staging";
const all = { environment: "staging", service: "atom" };

/** Six minutes: counts are there, and stay, before anything happens. */
const before = 24;

export const releaseRows: readonly RuleTest[] = [
  {
    title: "more than 10 % of the releases failed, for 2 minutes, until they are 5 minutes ago",
    ...{ stack, alert: "DeploymentHighErrorRate" },
    series: {
      [deployments("success")]: steps([20, before], [28, 60]),
      [deployments("failed")]: steps([3, before], [4, 60]),
      [deployments("rolled_back")]: steps([1, before + 60]),
    },
    checks: [
      { at: "7m30s" },
      { at: "8m", fires: [failedReleases("11.11%")] },
      { at: "10m30s", fires: [failedReleases("11.11%")] },
      { at: "11m30s" },
    ],
  },
  {
    title: "exactly 10 % of the releases failed: silence",
    ...{ stack, alert: "DeploymentHighErrorRate" },
    series: {
      [deployments("success")]: steps([20, before], [29, 60]),
      [deployments("rolled_back")]: steps([0, before], [1, 60]),
    },
    checks: [{ at: "8m" }, { at: "9m" }],
  },
  {
    title: "rolled back releases failed too, and there need not be another",
    ...{ stack, alert: "DeploymentHighErrorRate" },
    series: { [deployments("rolled_back")]: steps([0, before], [1, 60]) },
    checks: [{ at: "7m30s" }, { at: "8m", fires: [failedReleases("100%")] }],
  },
  {
    title: "no series at all: silence",
    ...{ stack, alert: "DeploymentHighErrorRate" },
    series: {},
    checks: [{ at: "10m" }],
  },
  {
    title: "nobody releases: silence, and no share of nothing",
    ...{ stack, alert: "DeploymentHighErrorRate" },
    series: { [deployments("success")]: "20x60", [deployments("failed")]: "3x60" },
    checks: [{ at: "4m" }, { at: "10m" }],
  },
  {
    title: "the Pushgateway loses its counts and gets back the same: silence",
    ...{ stack, alert: "DeploymentHighErrorRate" },
    series: { [deployments("failed")]: "3x8 stale _x8 3x40", [deployments("success")]: "20x8 stale _x8 20x40" },
    checks: [{ at: "4m30s" }, { at: "6m30s" }, { at: "10m" }],
  },
  {
    title: "the counts begin at 0 again: silence",
    ...{ stack, alert: "DeploymentHighErrorRate" },
    series: { [deployments("failed")]: steps([3, 8], [0, 40]), [deployments("success")]: steps([20, 8], [0, 40]) },
    checks: [{ at: "4m30s" }, { at: "6m30s" }],
  },
  {
    title: "another environment's releases failed: silence",
    ...{ stack, alert: "DeploymentHighErrorRate" },
    series: { [pushed("deployment_total", { status: "failed" }, "production")]: steps([0, before], [5, 60]) },
    checks: [{ at: "8m" }, { at: "9m" }],
  },

  {
    title: "a rollback is told at once, with its reason, and is forgotten after 5 minutes",
    ...{ stack, alert: "DeploymentRollbackDetected" },
    series: {
      [rollbacks("high_error_rate")]: steps([4, 4], [5, 60]),
      [rollbacks("manual")]: steps([7, 64]),
    },
    checks: [
      { at: "30s" },
      { at: "1m", fires: [rolledBack("high_error_rate")] },
      { at: "5m30s", fires: [rolledBack("high_error_rate")] },
      { at: "6m30s" },
    ],
  },
  {
    title: "two reasons are two alerts",
    ...{ stack, alert: "DeploymentRollbackDetected" },
    series: {
      [rollbacks("high_error_rate")]: steps([0, 4], [1, 60]),
      [rollbacks("manual")]: steps([0, 8], [1, 60]),
    },
    checks: [{ at: "3m", fires: [rolledBack("high_error_rate"), rolledBack("manual")] }],
  },
  {
    title: "the Pushgateway lost the count of rollbacks and got it back: silence",
    ...{ stack, alert: "DeploymentRollbackDetected" },
    series: { [rollbacks("manual")]: "5x8 stale _x8 5x40" },
    checks: [{ at: "2m" }, { at: "4m" }, { at: "4m30s" }, { at: "6m" }],
  },
  {
    title: "a rollback that is pushed while the Pushgateway was away is told",
    ...{ stack, alert: "DeploymentRollbackDetected" },
    series: { [rollbacks("manual")]: "5x8 stale _x4 6x40" },
    checks: [{ at: "2m30s" }, { at: "4m", fires: [rolledBack("manual")] }],
  },
  {
    title: "the count of rollbacks begins at 0 again: silence, until there is one",
    ...{ stack, alert: "DeploymentRollbackDetected" },
    series: { [rollbacks("manual")]: steps([5, 8], [0, 8], [1, 40]) },
    checks: [{ at: "3m30s" }, { at: "4m30s", fires: [rolledBack("manual")] }],
  },
  {
    title: "no series at all, and one that never moved: silence",
    ...{ stack, alert: "DeploymentRollbackDetected" },
    series: { [rollbacks("manual")]: "_x40 5x40" },
    checks: [{ at: "9m" }, { at: "15m" }],
  },

  {
    title: "more than 5 % of the smoke tests failed, for 3 minutes",
    ...{ stack, alert: "SmokeTestFailing" },
    series: {
      [smokeTests("passed")]: steps([100, before], [118, 60]),
      [smokeTests("failed")]: steps([2, before], [3, 60]),
    },
    checks: [{ at: "8m30s" }, { at: "9m", fires: [failedSmokeTests("5.26%")] }, { at: "11m30s" }],
  },
  {
    title: "exactly 5 % of the smoke tests failed: silence",
    ...{ stack, alert: "SmokeTestFailing" },
    series: {
      [smokeTests("passed")]: steps([100, before], [119, 60]),
      [smokeTests("failed")]: steps([2, before], [3, 60]),
    },
    checks: [{ at: "9m" }, { at: "10m30s" }],
  },
  {
    title: "one series, one failed smoke test: told",
    ...{ stack, alert: "SmokeTestFailing" },
    series: { [smokeTests("failed")]: steps([2, before], [3, 60]) },
    checks: [{ at: "9m", fires: [failedSmokeTests("100%")] }],
  },
  {
    title: "no series, no smoke test, counts lost or begun anew: silence",
    ...{ stack, alert: "SmokeTestFailing" },
    series: {
      [smokeTests("passed")]: "_x40 100x20 stale _x8 100x20 0x40",
      [smokeTests("failed")]: "_x40 2x20 stale _x8 2x20 0x40",
    },
    checks: [{ at: "9m" }, { at: "14m30s" }, { at: "18m" }, { at: "21m" }, { at: "26m" }],
  },

  {
    title: "a third release within an hour is told after 5 minutes, as a count of an hour",
    ...{ stack, alert: "DeploymentFrequencyAnomaly" },
    series: {
      [deployments("success")]: steps([20, 4], [21, 100], [22, 200]),
      [deployments("failed")]: steps([0, 164], [1, 140]),
    },
    checks: [{ at: "45m30s" }, { at: "46m", fires: [tooMany(3)] }, { at: "1h", fires: [tooMany(3)] }, { at: "1h2m" }],
    answers: [
      { query: "deployment_frequency", at: "46m", samples: [sampleOf("deployment_frequency", 3)] },
      { query: "deployment_frequency", at: "1h2m", samples: [sampleOf("deployment_frequency", 2)] },
    ],
  },
  {
    title: "two releases within an hour: silence",
    ...{ stack, alert: "DeploymentFrequencyAnomaly" },
    series: { [deployments("success")]: steps([20, 4], [22, 300]) },
    checks: [{ at: "7m" }, { at: "50m" }],
  },
  {
    title: "no series, counts lost or begun anew: silence",
    ...{ stack, alert: "DeploymentFrequencyAnomaly" },
    series: { [deployments("success")]: "_x40 50x20 stale _x8 50x20 0x100" },
    checks: [{ at: "9m" }, { at: "20m" }, { at: "25m" }, { at: "40m" }],
  },

  {
    title: "more than 10 % of the requests to Prometheus failed, timeouts among them, for 5 minutes",
    ...{ stack, alert: "PrometheusQueryFailing" },
    // Counts of releases come at their ends, so the share holds while several end.
    series: {
      [queries("success")]: steps([100, before], [117, 8], [134, 60]),
      [queries("failed")]: steps([0, before], [1, 8], [2, 60]),
      [queries("timeout")]: steps([0, before], [1, 8], [2, 60]),
    },
    checks: [{ at: "10m30s" }, { at: "11m", fires: [failedQueries("10.53%")] }, { at: "13m30s" }],
  },
  {
    title: "exactly 10 % of the requests to Prometheus failed: silence",
    ...{ stack, alert: "PrometheusQueryFailing" },
    series: {
      [queries("success")]: steps([100, before], [118, 8], [136, 60]),
      [queries("timeout")]: steps([0, before], [2, 8], [4, 60]),
    },
    checks: [{ at: "11m" }, { at: "12m" }],
  },
  {
    title: "no series, no request, counts lost or begun anew: silence",
    ...{ stack, alert: "PrometheusQueryFailing" },
    series: { [queries("failed")]: "_x40 2x20 stale _x8 2x20 0x60" },
    checks: [{ at: "9m" }, { at: "14m30s" }, { at: "18m" }, { at: "21m" }, { at: "28m" }],
  },
  {
    title: "one series, of failed requests: told",
    ...{ stack, alert: "PrometheusQueryFailing" },
    series: { [queries("failed")]: steps([2, before], [3, 8], [4, 60]) },
    checks: [{ at: "11m", fires: [failedQueries("100%")] }],
  },
];

function sampleOf(metric: string, value: number): { readonly labels: string; readonly value: number } {
  const labels = Object.entries({ ...all, namespace: "atom-staging" }).map(([label, text]) => `${label}="${text}"`);
  return { labels: `${metric}{${labels.join(",")}}`, value };
}
