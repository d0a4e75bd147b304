import type { DurationSource, RequestSource } from "../../../../components/slo/sources.ts";
import type { Tenant, Window } from "../../../../delivery/gate/queries.ts";
import * as queries from "../../../../delivery/gate/queries.ts";

/** A series as promtool writes it: one sample every 15 s, the first at 0 s. */
export type Series = { readonly series: string; readonly values: string };

/** One situation of GATE.md, with what the queries must answer at a moment. */
export type Row = {
  readonly title: string;
  readonly series: readonly Series[];
  readonly checks: readonly { readonly query: string; readonly seconds: number; readonly answer: Answer }[];
};

/** One number, or a number per label set. */
export type Answer = number | readonly { readonly labels: string; readonly value: number }[];

const scrape = { label: "namespace", op: "=", value: "atom-test" } as const;
const source: RequestSource = {
  metric: "http_requests_total",
  bad: { label: "status", op: "=~", value: "5.." },
  matchers: [scrape],
};
const durations: DurationSource = { metric: "http_request_duration_seconds_bucket", edge: "0.2", matchers: [scrape] };
const candidate: Tenant = { slot: "green", template: "0123456789ab" };
const minute: Window = { seconds: 60 };

const common = 'namespace="atom-test",slot="green"';
function requests(pod: string, status: string, values: string, template = candidate.template): Series {
  return { series: `http_requests_total{${common},template="${template}",pod="${pod}",status="${status}"}`, values };
}
function bucket(pod: string, le: string, values: string): Series {
  const labels = `${common},template="${candidate.template}",pod="${pod}",le="${le}"`;
  return { series: `http_request_duration_seconds_bucket{${labels}}`, values };
}
function up(pod: string, values: string): Series {
  return { series: `up{${common},template="${candidate.template}",pod="${pod}"}`, values };
}

const total = queries.totalRequests(source, candidate, minute);
const bad = queries.badRequests(source, candidate, minute);
const timed = queries.timedRequests(durations, candidate, minute);
const fast = queries.fastRequests(durations, candidate, minute);
const pods = queries.podsScraped([scrape], candidate, minute);

const errors = 'http_requests_total{status=~"5.."}';
function plain(series: string): string {
  return `sum(increase(${series}[60s]))`;
}

export const rows: readonly Row[] = [
  {
    title: "row 1: without traffic, a flat series counts 0 of 0",
    series: [requests("a", "200", "40x8"), requests("a", "500", "2x8")],
    checks: [
      { query: total, seconds: 90, answer: 0 },
      { query: bad, seconds: 90, answer: 0 },
    ],
  },
  {
    title: "row 2: healthy traffic without any error series counts 0 errors, not nothing",
    series: [requests("a", "200", "0+10x8")],
    checks: [
      { query: total, seconds: 90, answer: 40 },
      { query: bad, seconds: 90, answer: 0 },
      // What a plain ratio would say: nothing at all.
      { query: `${plain(errors)} / ${plain("http_requests_total")}`, seconds: 90, answer: [] },
    ],
  },
  {
    title: "row 3: when every request fails, errors equal the total",
    series: [requests("a", "503", "0+10x8")],
    checks: [
      { query: total, seconds: 90, answer: 40 },
      { query: bad, seconds: 90, answer: 40 },
    ],
  },
  {
    title: "row 4: an error series that is born with 30 errors counts 30",
    series: [requests("a", "200", "0+10x8"), requests("a", "500", "_ _ _ _ 30 30 30")],
    checks: [
      { query: bad, seconds: 90, answer: 30 },
      { query: total, seconds: 90, answer: 70 },
      // What a plain increase would say.
      { query: plain(errors), seconds: 90, answer: 0 },
    ],
  },
  {
    title: "row 5: a pod with one scrape in the window does not count as scraped, nor does one that fails its scrapes",
    series: [up("a", "1x8"), up("b", "_ _ _ _ _ _ 1"), up("c", "0x8")],
    checks: [
      { query: pods, seconds: 90, answer: 1 },
      { query: queries.podsScraped([scrape], { ...candidate, slot: "blue" }, minute), seconds: 90, answer: 0 },
    ],
  },
  {
    title: "row 6: 290 errors are counted over two pods although one restarted",
    series: [requests("a", "500", "0+50x3 50+50x4"), requests("b", "500", "0 0 0 10 30 60 90")],
    checks: [{ query: bad, seconds: 90, answer: 290 }],
  },
  {
    title: "row 7: the slot's previous tenant, still in the window, is not the candidate",
    series: [
      requests("old", "500", "0+100x8", "fedcba987654"),
      requests("old", "200", "0+100x8", "fedcba987654"),
      requests("new", "200", "_ _ 0+25x6"),
    ],
    checks: [
      { query: bad, seconds: 90, answer: 0 },
      { query: total, seconds: 90, answer: 100 },
    ],
  },
  {
    title: "row 8: several error statuses, methods and routes make one number",
    series: [
      requests("a", "500", "0+1x8"),
      requests("a", "502", "0+2x8"),
      requests("b", "503", "0+3x8"),
      requests("b", "404", "0+50x8"),
    ],
    checks: [
      { query: bad, seconds: 90, answer: 24 },
      { query: total, seconds: 90, answer: 224 },
    ],
  },
  {
    title: "row 9: nine healthy minutes before the step do not dilute the errors in it",
    series: [requests("a", "200", "0+250x36 9000+247x4"), requests("a", "500", "0x36 0+3x4")],
    checks: [
      { query: bad, seconds: 600, answer: 9 },
      { query: total, seconds: 600, answer: 750 },
    ],
  },
  {
    title: "row 15: at the shortest window, four scrapes, no sample is lost at its left end",
    series: [requests("a", "200", "0+7x40"), requests("a", "500", "0+1x40")],
    checks: [60, 61, 67, 74].flatMap((seconds) => [
      { query: bad, seconds: 300 + seconds, answer: 4 },
      { query: total, seconds: 300 + seconds, answer: 32 },
    ]),
  },
  {
    title: "a pod that is gone by now still counts",
    series: [requests("a", "500", "0 0 0 5 9 stale"), requests("b", "200", "0+10x8")],
    checks: [
      { query: bad, seconds: 90, answer: 9 },
      { query: total, seconds: 90, answer: 49 },
    ],
  },
  {
    title: "a scrape that failed as the step began does not make a pod's whole past new",
    series: [
      requests("a", "500", "900 900 stale 900 900 901 902"),
      requests("a", "200", "9000 9000 stale 9010 9020 9030 9040"),
    ],
    checks: [
      { query: bad, seconds: 90, answer: 2 },
      { query: total, seconds: 90, answer: 42 },
    ],
  },
  {
    title: "a restart between the last scrape before the window and the first within counts what came after",
    series: [requests("a", "500", "0 10 20 5 25 30 45")],
    checks: [{ query: bad, seconds: 90, answer: 45 }],
  },
  {
    title: "an error series born in the window is counted from its birth through a restart",
    series: [requests("a", "500", "_ _ _ 30 30 30 30 _ _ _ _"), requests("b", "500", "_ _ _ 30 60 30 60")],
    checks: [{ query: bad, seconds: 90, answer: 30 + 30 + 30 + 60 + 30 }],
  },
  {
    title: "slow requests are all timed ones but the fast",
    series: [
      bucket("a", "0.2", "0+9x8"),
      bucket("a", "+Inf", "0+10x8"),
      bucket("b", "0.2", "0x8"),
      bucket("b", "+Inf", "0+1x8"),
    ],
    checks: [
      { query: timed, seconds: 90, answer: 44 },
      { query: fast, seconds: 90, answer: 36 },
      {
        query: queries.bucketCounts(durations, candidate, minute),
        seconds: 90,
        answer: [
          { labels: '{le="0.2"}', value: 36 },
          { labels: '{le="+Inf"}', value: 44 },
        ],
      },
    ],
  },
];
