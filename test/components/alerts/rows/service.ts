import { scraped, type Fired, type RuleTest } from "../rule-test.ts";
import type { StackName } from "../world.ts";

// Rates are there from the second scrape on, so a condition that holds from the beginning is first seen after 30 s.

const requests = (
  status: string,
  labels: Readonly<Record<string, string>> = {},
  stack: StackName = "staging",
): string => scraped("http_requests_total", { status, ...labels }, stack);

const bucket = (le: string, stack: StackName = "staging", labels: Readonly<Record<string, string>> = {}): string =>
  scraped("http_request_duration_seconds_bucket", { status: "200", le, ...labels }, stack);

const errors = (share: string): Fired => ({
  severity: "warning",
  signal: "availability",
  labels: { job: "atom" },
  summary: `${share} of the requests fail`,
  description: "Over the last 5m, more than 1 % of the requests were answered with 5xx.",
  heading: "HighErrorRate",
  dashboard: "error-rate",
});

const criticalErrors = (share: string): Fired => ({
  ...errors(share),
  severity: "critical",
  description: "Over the last 5m, more than 0.1 % of the requests were answered with 5xx.",
});

const slowness = (limit: string, share: string, p95: string): Fired => ({
  severity: "warning",
  signal: "latency",
  labels: { job: "atom" },
  summary: `P95 is above ${limit}`,
  description: `Over the last 5m, ${share} of the requests took longer than ${limit}, where 5 % may. P95 is about ${p95}.`,
  heading: "HighLatency",
  dashboard: "api-performance",
});

const failedShare = (value: number) => ({
  query: "service:http_requests_failed:ratio_rate5m",
  samples: [
    {
      labels:
        'service:http_requests_failed:ratio_rate5m{environment="staging",job="atom",namespace="atom-staging",service="atom"}',
      value,
    },
  ],
});

const inStaging = { stack: "staging", alert: "HighErrorRateStaging" } as const;
const slowInStaging = { stack: "staging", alert: "HighLatencyStaging" } as const;

const errorRows: readonly RuleTest[] = [
  {
    title: "a little more than 1 % of the requests fail, for 2 minutes",
    ...inStaging,
    series: { [requests("200")]: "0+989x40", [requests("500")]: "0+11x40" },
    checks: [{ at: "2m" }, { at: "2m30s", fires: [errors("1.1%")] }, { at: "9m", fires: [errors("1.1%")] }],
  },
  {
    title: "1 % of the requests fail, and a little less: silence",
    ...inStaging,
    series: { [requests("200")]: "0+99x40 3961+991x40", [requests("503")]: "0+1x40 41+9x40" },
    checks: [{ at: "5m" }, { at: "10m" }, { at: "20m" }],
  },
  {
    title: "one pod in which each request fails, beside one in which none does, counts by its requests",
    ...inStaging,
    series: {
      [requests("200", { pod: "atom-blue-1" })]: "0+98x40",
      [requests("502", { pod: "atom-blue-2" })]: "0+2x40",
    },
    checks: [{ at: "5m", fires: [errors("2%")] }],
  },
  {
    title: "no request ever failed: the share is 0, and does not vanish",
    ...inStaging,
    series: { [requests("200")]: "0+100x40", [requests("404", { route: "/" })]: "0+100x40" },
    checks: [{ at: "5m" }],
    answers: [{ at: "5m", ...failedShare(0) }],
  },
  {
    title: "one series, of failed requests",
    ...inStaging,
    series: { [requests("500")]: "0+1x40" },
    checks: [{ at: "5m", fires: [errors("100%")] }],
  },
  {
    title: "no series at all: silence",
    ...inStaging,
    series: {},
    checks: [{ at: "5m" }],
    answers: [{ query: "service:http_requests_failed:ratio_rate5m", at: "5m", samples: [] }],
  },
  {
    title: "no traffic: silence, and no share of nothing",
    ...inStaging,
    series: { [requests("200")]: "1000x40", [requests("500")]: "900x40" },
    checks: [{ at: "5m" }, { at: "9m" }],
    answers: [{ query: "service:http_requests_failed:ratio_rate5m", at: "9m", samples: [] }],
  },
  {
    title: "a restarted pod's counters begin at 0 again: nothing changes",
    ...inStaging,
    series: { [requests("200")]: "5000+99x16 0+99x40", [requests("500")]: "700+1x16 0+1x40" },
    checks: [{ at: "4m30s" }, { at: "6m" }, { at: "9m" }],
  },
  {
    title: "errors of probes, of scrapes and of another environment are nobody's",
    ...inStaging,
    series: {
      [requests("200")]: "0+10x40",
      [requests("503", { route: "/health/ready" })]: "0+10x40",
      [requests("500", { route: "/metrics" })]: "0+10x40",
      [requests("500", {}, "production")]: "0+10x40",
    },
    checks: [{ at: "5m" }],
    answers: [{ at: "5m", ...failedShare(0) }],
  },
  {
    title: "a little more than 0.1 % of the requests fail, for 1 minute",
    ...{ stack: "production", alert: "HighErrorRateProduction" },
    series: {
      [requests("200", {}, "production")]: "0+9989x40",
      [requests("500", {}, "production")]: "0+11x40",
    },
    checks: [{ at: "1m" }, { at: "1m30s", fires: [criticalErrors("0.11%")] }],
  },
  {
    title: "0.1 % of the requests fail, and a little less: silence",
    ...{ stack: "production", alert: "HighErrorRateProduction" },
    series: {
      [requests("200", {}, "production")]: "0+999x40 39961+9991x40",
      [requests("500", {}, "production")]: "0+1x40 41+9x40",
    },
    checks: [{ at: "5m" }, { at: "10m" }, { at: "20m" }],
  },
  {
    title: "an alert of any other stack has that stack's name",
    ...{ stack: "local", alert: "HighErrorRateLocal" },
    series: { [requests("200", {}, "local")]: "0+98x40", [requests("500", {}, "local")]: "0+2x40" },
    checks: [{ at: "2m" }, { at: "2m30s", fires: [errors("2%")] }],
  },
];

const latencyRows: readonly RuleTest[] = [
  {
    title: "P95 is a little above 500 ms, for 5 minutes",
    ...slowInStaging,
    series: { [bucket("0.5")]: "0+949x40", [bucket("1.0")]: "0+1000x40", [bucket("+Inf")]: "0+1000x40" },
    checks: [
      { at: "5m" },
      { at: "5m30s", fires: [slowness("500ms", "5.1%", "509.8ms")] },
      { at: "9m", fires: [slowness("500ms", "5.1%", "509.8ms")] },
    ],
  },
  {
    title: "P95 is exactly 500 ms, and a little less: silence",
    ...slowInStaging,
    series: {
      [bucket("0.5")]: "0+950x40 38951+951x40",
      [bucket("1.0")]: "0+1000x40 41000+1000x40",
      [bucket("+Inf")]: "0+1000x40 41000+1000x40",
    },
    checks: [{ at: "6m" }, { at: "10m" }, { at: "20m" }],
  },
  {
    title: "every request takes 110 ms: silence, where edges at 100 and 250 ms would guess more",
    ...{ stack: "production", alert: "HighLatencyProduction" },
    series: {
      [bucket("0.1", "production")]: "0x40",
      [bucket("0.2", "production")]: "0+100x40",
      [bucket("+Inf", "production")]: "0+100x40",
    },
    checks: [{ at: "5m" }],
  },
  {
    title: "no series, no traffic, and a histogram without the limit's edge: silence",
    ...slowInStaging,
    series: { [bucket("0.5")]: "_x40 100x80", [bucket("+Inf")]: "_x40 200x40 0+10x40" },
    checks: [{ at: "6m" }, { at: "18m" }],
    answers: [{ query: "service:http_requests_slow:ratio_rate5m", at: "18m", samples: [] }],
  },
  {
    title: "one series, of all requests, says nothing of slow ones",
    ...slowInStaging,
    series: { [bucket("+Inf")]: "0+10x40" },
    checks: [{ at: "9m" }],
  },
  {
    title: "a restarted pod's counters begin at 0 again: nothing changes",
    ...slowInStaging,
    series: { [bucket("0.5")]: "9500+95x24 0+95x40", [bucket("+Inf")]: "10000+100x24 0+100x40" },
    checks: [{ at: "6m" }, { at: "6m30s" }, { at: "12m" }],
  },
  {
    title: "P95 is a little above 200 ms, for 3 minutes",
    ...{ stack: "production", alert: "HighLatencyProduction" },
    series: {
      [bucket("0.2", "production")]: "0+949x40",
      [bucket("0.35", "production")]: "0+1000x40",
      [bucket("+Inf", "production")]: "0+1000x40",
    },
    checks: [{ at: "3m" }, { at: "3m30s", fires: [{ ...slowness("200ms", "5.1%", "202.9ms"), severity: "critical" }] }],
  },
  ...["1", "1.0"].map((edge): RuleTest => ({
    title: `the edge of a whole second may be written as ${edge}`,
    ...{ stack: "local", alert: "HighLatencyLocal" },
    series: {
      [bucket(edge, "local")]: "0+90x40",
      [bucket("2.5", "local")]: "0+100x40",
      [bucket("+Inf", "local")]: "0+100x40",
    },
    checks: [{ at: "5m" }, { at: "5m30s", fires: [slowness("1s", "10%", "1.75s")] }],
  })),
];

export const serviceRows: readonly RuleTest[] = [...errorRows, ...latencyRows];
