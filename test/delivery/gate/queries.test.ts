import assert from "node:assert/strict";
import type { RequestSource } from "../../../components/slo/sources.ts";
import {
  badRequests,
  bucketCounts,
  fastRequests,
  podsScraped,
  timedRequests,
  totalRequests,
  windowSince,
} from "../../../delivery/gate/queries.ts";

const namespace = { label: "namespace", op: "=", value: "atom-production" } as const;
const source: RequestSource = {
  metric: "http_requests_total",
  bad: { label: "status", op: "=~", value: "5.." },
  matchers: [namespace],
};
const durations = { metric: "http_request_duration_seconds_bucket", edge: "0.2", matchers: [namespace] };
const tenant = { slot: "green", template: "0123456789ab" };
const window = { seconds: 300 };

describe("the queries", () => {
  it("ask for two counts apart, never for a ratio", () => {
    const all = [
      totalRequests(source, tenant, window),
      badRequests(source, tenant, window),
      timedRequests(durations, tenant, window),
      fastRequests(durations, tenant, window),
      podsScraped([namespace], tenant, window),
      bucketCounts(durations, tenant, window),
    ];
    for (const query of all) assert.ok(!query.includes("/"), query);
  });

  it("always answer one series: a sum or zero", () => {
    for (const query of [totalRequests(source, tenant, window), badRequests(source, tenant, window)]) {
      assert.match(query, /^sum\(.*\) or vector\(0\)$/);
    }
  });

  it("select by namespace, slot and template, and errors by their status", () => {
    const selector = 'http_requests_total{namespace="atom-production",slot="green",template="0123456789ab"';
    const selectors = (query: string) => new Set(query.match(/http_requests_total\{[^}]*/g));
    assert.deepEqual(selectors(totalRequests(source, tenant, window)), new Set([selector]));
    assert.deepEqual(selectors(badRequests(source, tenant, window)), new Set([`${selector},status=~"5.."`]));
  });

  it("look at the window and at nothing else: no other range than the lookback before it", () => {
    const query = totalRequests(source, tenant, window);
    assert.deepEqual(new Set(query.match(/\[[^\]]*\](?: offset \w+)?/g)), new Set(["[300s]", "[5m] offset 300s"]));
  });

  it("take the gateway's view from other names", () => {
    const gateway: RequestSource = {
      metric: "istio_requests_total",
      bad: { label: "response_code", op: "=~", value: "5..|0" },
      matchers: [{ label: "reporter", op: "=", value: "source" }],
    };
    assert.match(badRequests(gateway, tenant, window), /istio_requests_total\{reporter="source",slot="green",/);
  });

  it("count slow requests from two buckets of the same histogram", () => {
    assert.match(timedRequests(durations, tenant, window), /http_request_duration_seconds_bucket\{[^}]*le="\+Inf"\}/);
    assert.match(fastRequests(durations, tenant, window), /http_request_duration_seconds_bucket\{[^}]*le="0\.2"\}/);
  });
});

describe("the window", () => {
  it("reaches back to the step's beginning (row 9), in whole seconds", () => {
    assert.deepEqual(windowSince(61.9, 15), { seconds: 61 });
    assert.deepEqual(windowSince(300, 15), { seconds: 300 });
  });

  it("is none while it holds fewer than four scrapes (row 15)", () => {
    assert.deepEqual(windowSince(59.5, 15), { secondsLeft: 0.5 });
    assert.deepEqual(windowSince(-3, 15), { secondsLeft: 60 });
    assert.deepEqual(windowSince(60, 15), { seconds: 60 });
  });

  it("needs a scrape interval and a time", () => {
    assert.throws(() => windowSince(NaN, 15), RangeError);
    for (const interval of [0, -1, NaN]) assert.throws(() => windowSince(60, interval), RangeError);
  });
});
