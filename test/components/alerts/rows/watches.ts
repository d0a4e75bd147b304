import { pushed, scraped, steps, type Fired, type RuleTest } from "../rule-test.ts";

const stack = "staging";
const up = scraped("up", { method: "", route: "", slot: "blue", pod: "atom-blue-1" });
const otherUp = scraped("up", { method: "", route: "", slot: "green", pod: "atom-green-1" });
const totals = pushed("deployment_total", { status: "success" });
const begun = pushed("deployment_in_progress_since_timestamp_seconds", {});
const pushTime = pushed("push_time_seconds", {});

const noPod: Fired = {
  severity: "warning",
  signal: "service-metrics",
  summary: "Prometheus reads no pod",
  description: "There is no pod that Prometheus reads, so nothing is known of errors and latency.",
  dashboard: "api-performance",
};

const noTotals: Fired = {
  severity: "warning",
  signal: "deployment-metrics",
  summary: "the counts of releases are missing",
  description: "The Pushgateway has no counts of releases: it lost them, or nobody ever pushed them.",
  dashboard: "deployment-overview",
};

const stale = (age: string): Fired => ({
  severity: "info",
  signal: "deployment-metrics",
  labels: { job: "atom" },
  summary: `nobody pushed counts of releases for ${age}`,
  description: "No release and no command pushed anything for more than 7d: none ran, or their pushes do not arrive.",
  dashboard: "deployment-overview",
});

const stuck = (age: string): Fired => ({
  severity: "warning",
  signal: "release-progress",
  labels: { job: "atom" },
  summary: `a release is under way for ${age}`,
  description: "A release takes at most 2h. This one waits for somebody, or its releaser is gone.",
  dashboard: "deployment-overview",
});

export const watchRows: readonly RuleTest[] = [
  {
    title: "no pod is read, for 5 minutes",
    ...{ stack, alert: "ServiceMetricsAbsent" },
    series: {},
    checks: [{ at: "4m30s" }, { at: "5m", fires: [noPod] }],
  },
  {
    title: "no pod answers, for 5 minutes, until one does",
    ...{ stack, alert: "ServiceMetricsAbsent" },
    series: { [up]: steps([1, 4], [0, 40]), [otherUp]: steps([0, 32], [1, 40]) },
    checks: [{ at: "5m30s" }, { at: "6m", fires: [noPod] }, { at: "7m30s", fires: [noPod] }, { at: "8m" }],
  },
  {
    title: "one of two pods answers: silence",
    ...{ stack, alert: "ServiceMetricsAbsent" },
    series: { [up]: "0x60", [otherUp]: "1x60" },
    checks: [{ at: "14m" }],
  },

  {
    title: "there are no counts, for 15 minutes",
    ...{ stack, alert: "DeploymentMetricsAbsent" },
    series: { [pushed("deployment_total", { status: "success" }, "production")]: "5x100" },
    checks: [{ at: "14m30s" }, { at: "15m", fires: [noTotals] }],
  },
  {
    title: "a Pushgateway that comes back within 15 minutes: silence; one that stays empty: told",
    ...{ stack, alert: "DeploymentMetricsAbsent" },
    series: { [totals]: "5x20 stale _x40 0x40 stale _x80" },
    checks: [{ at: "15m" }, { at: "20m" }, { at: "41m", fires: [noTotals] }],
  },

  {
    title: "nobody pushed for 7 days",
    ...{ stack, alert: "DeploymentMetricsStale", start: "1970-01-08T00:00:00Z" },
    series: { [pushTime]: "60x20" },
    checks: [{ at: "1m" }, { at: "1m30s", fires: [stale("7d 0h 0m 30s")] }],
  },
  {
    title: "somebody pushed within 7 days, or there is no Pushgateway that says when: silence",
    ...{ stack, alert: "DeploymentMetricsStale", start: "1970-01-08T00:00:00Z" },
    series: { [pushTime]: "600x20 604900x20 stale _x20" },
    checks: [{ at: "5m" }, { at: "9m" }, { at: "14m" }],
  },

  {
    title: "a release is under way for more than 2 hours, until it ends",
    ...{ stack, alert: "ReleaseStuck", interval: "1m" },
    series: { [begun]: steps([0, 10], [600, 130], [0, 20]) },
    checks: [{ at: "2h10m" }, { at: "2h10m30s", fires: [stuck("2h 0m 30s")] }, { at: "2h25m" }],
  },
  {
    title: "no series, none under way, and one after another: silence",
    ...{ stack, alert: "ReleaseStuck", interval: "1m" },
    series: { [begun]: "_x60 0x60 7260x60 10860x60" },
    checks: [{ at: "30m" }, { at: "1h30m" }, { at: "3h59m" }],
  },

  {
    title: "it fires from the beginning, whatever there is",
    ...{ stack: "production", alert: "DeadMansSwitch" },
    series: {},
    checks: [
      {
        at: "0m",
        fires: [
          {
            severity: "none",
            signal: "dead-mans-switch",
            summary: "alerts work",
            description: "This alert always fires. When it is no longer heard of, no other alert is either.",
            dashboard: "deployment-overview",
          },
        ],
      },
    ],
  },
  {
    title: "it is not there where nobody is told of it",
    ...{ stack, alert: "DeadMansSwitch" },
    series: {},
    checks: [{ at: "0m" }, { at: "10m" }],
  },
];
