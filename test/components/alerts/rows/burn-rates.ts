import { scraped, type Fired, type RuleTest } from "../rule-test.ts";

// A value a minute. Staging may fail 1 % of its requests, and be slow with 5 %.

const windows = {
  "1h": { short: "5m", factor: 14.4, severity: "critical" },
  "6h": { short: "30m", factor: 6, severity: "critical" },
  "1d": { short: "2h", factor: 3, severity: "warning" },
  "3d": { short: "6h", factor: 1, severity: "warning" },
} as const;

type Window = keyof typeof windows;

const burning =
  (signal: string, dashboard: string, were: string, budget: number) =>
  (window: Window, share: string): Fired => {
    const { short, factor, severity } = windows[window];
    const limit = Number((factor * budget).toPrecision(6));
    return {
      ...{ severity, signal, dashboard },
      labels: { job: "atom", window },
      summary: `the error budget goes ${factor} times faster than it may: ${share} of the requests ${were}`,
      description: `Over the last ${window} and the last ${short}, more than ${limit} % of the requests ${were}, where ${budget} % may.`,
    };
  };

const failing = burning("availability", "error-rate", "fail", 1);
const slow = burning("latency", "api-performance", "are too slow", 5);

const good = scraped("http_requests_total", { status: "200" });
const bad = scraped("http_requests_total", { status: "500" });
const fast = scraped("http_request_duration_seconds_bucket", { status: "200", le: "0.5" });
const all = scraped("http_request_duration_seconds_bucket", { status: "200", le: "+Inf" });

const failed = { stack: "staging", alert: "AvailabilityBurnRate", interval: "1m" } as const;
const late = { stack: "staging", alert: "LatencyBurnRate", interval: "1m" } as const;

/** This many of a thousand requests a minute are bad, for hours. */
const failingRequests = (count: number): RuleTest["series"] => ({
  [good]: `0+${1000 - count}x250`,
  [bad]: `0+${count}x250`,
});

const slowRequests = (count: number): RuleTest["series"] => ({ [fast]: `0+${1000 - count}x250`, [all]: "0+1000x250" });

export const burnRateRows: readonly RuleTest[] = [
  {
    title: "14.4 times as fast: 2 minutes, then the slower ones follow",
    ...failed,
    series: failingRequests(145),
    checks: [
      { at: "2m30s" },
      { at: "4m", fires: [failing("1h", "14.5%")] },
      { at: "20m", fires: [failing("1h", "14.5%"), failing("6h", "14.5%")] },
      { at: "1h10m", fires: [failing("1h", "14.5%"), failing("6h", "14.5%"), failing("1d", "14.5%")] },
      {
        at: "3h10m",
        fires: [failing("1h", "14.5%"), failing("6h", "14.5%"), failing("1d", "14.5%"), failing("3d", "14.5%")],
      },
    ],
  },
  {
    title: "a little slower than 14.4 times: the 6 hours' alone",
    ...failed,
    series: failingRequests(143),
    checks: [{ at: "15m" }, { at: "20m", fires: [failing("6h", "14.3%")] }],
  },
  {
    title: "a little slower than 6 times: the day's alone",
    ...failed,
    series: failingRequests(59),
    checks: [{ at: "59m" }, { at: "1h5m", fires: [failing("1d", "5.9%")] }],
  },
  {
    title: "a little slower than 3 times: the three days' alone",
    ...failed,
    series: failingRequests(29),
    checks: [{ at: "2h59m" }, { at: "3h5m", fires: [failing("3d", "2.9%")] }],
  },
  {
    title: "no faster than allowed: silence",
    ...failed,
    series: failingRequests(9),
    checks: [{ at: "5m" }, { at: "1h" }, { at: "4h" }],
  },
  {
    title: "an outage of 5 minutes in an hour is too short, one of 15 is not; soon after it the hour's alert is over",
    ...failed,
    series: { [good]: "0+1000x60 60000x15 60000+1000x60", [bad]: "0x60 0+1000x15 15000x60" },
    checks: [
      { at: "1h5m" },
      { at: "1h16m", fires: [failing("1h", "21.54%")] },
      { at: "1h23m", fires: [failing("6h", "18.67%")] },
    ],
  },
  {
    title: "no series, no traffic, a counter that begins at 0 again: silence",
    ...failed,
    series: { [good]: "_x20 5000x30 0+1000x60 0+1000x60", [bad]: "_x20 900x30 0+9x60 0+9x60" },
    checks: [{ at: "15m" }, { at: "45m" }, { at: "1h45m" }, { at: "2h" }, { at: "2h45m" }],
  },
  {
    title: "one series, of failed requests",
    ...failed,
    series: { [bad]: "0+10x20" },
    checks: [{ at: "4m", fires: [failing("1h", "100%")] }],
  },

  {
    title: "14.4 times as fast: 72 % of the requests are too slow",
    ...late,
    series: slowRequests(725),
    checks: [{ at: "2m30s" }, { at: "4m", fires: [slow("1h", "72.5%")] }],
  },
  {
    title: "a little slower than 14.4 times: the 6 hours' alone",
    ...late,
    series: slowRequests(715),
    checks: [{ at: "15m" }, { at: "20m", fires: [slow("6h", "71.5%")] }],
  },
  {
    title: "a little slower than 6 times: the day's alone",
    ...late,
    series: slowRequests(295),
    checks: [{ at: "59m" }, { at: "1h5m", fires: [slow("1d", "29.5%")] }],
  },
  {
    title: "a little slower than 3 times: the three days' alone",
    ...late,
    series: slowRequests(145),
    checks: [{ at: "2h59m" }, { at: "3h5m", fires: [slow("3d", "14.5%")] }],
  },
  {
    title: "no faster than allowed: silence",
    ...late,
    series: slowRequests(49),
    checks: [{ at: "5m" }, { at: "1h" }, { at: "4h" }],
  },
  {
    title: "no series, no traffic, a counter that begins at 0 again: silence",
    ...late,
    series: { [fast]: "_x20 500x30 0+960x60 0+960x60", [all]: "_x20 5000x30 0+1000x60 0+1000x60" },
    checks: [{ at: "15m" }, { at: "45m" }, { at: "1h45m" }, { at: "2h" }, { at: "2h45m" }],
  },
];
