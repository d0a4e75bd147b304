import assert from "node:assert/strict";
import type http from "node:http";
import { judge } from "../../../delivery/gate/verdict.ts";
import type { Slot, SlotHealth } from "../../../delivery/release/ports.ts";
import { answerJson } from "../support/loopback.ts";
import { parametersOf } from "./fake-prometheus.ts";
import { blue, green, health, measure, metric, value, type Answers } from "./recorded.ts";

const coverage = { pods: 2, podsRead: 2 };

describe("the measurement of a step", () => {
  it("is one period of counts for errors and for slow requests, of both slots", async () => {
    const { measurement } = await measure([]);
    assert.deepEqual(measurement.errorRate, {
      status: "read",
      periods: [{ candidate: { total: 100, bad: 7 }, active: { total: 900, bad: 1 } }],
      coverage,
    });
    assert.deepEqual(measurement.latency, {
      status: "read",
      periods: [{ candidate: { total: 100, bad: 10 }, active: { total: 900, bad: 20 } }],
      coverage,
    });
    assert.deepEqual(measurement.p95, { candidate: 0.12, active: 0.12 });
    assert.deepEqual(measurement.warnings, []);
  });

  it("asks by slot and template, without probes, and for the time since the step began", async () => {
    const { measurement, received } = await measure([], { since: 38_500 });
    for (const { name, promql } of measurement.queries) {
      if (/series (at|of)/.test(name)) continue;
      const tenant = name.includes("active") ? ["blue", "bbbbbbbbbbbb"] : ["green", "aaaaaaaaaaaa"];
      assert.ok(promql.includes(`slot="${tenant[0]}",template="${tenant[1]}"`), promql);
      assert.ok(promql.includes('namespace="atom-staging",job="atom"'), promql);
      assert.ok(promql.includes("[37s]"), promql);
      if (!name.includes("pods")) assert.ok(promql.includes('route!~"(/health|/metrics)(/.*)?"'), promql);
    }
    // All at one instant of Prometheus' own clock, a second ago.
    const instants = received.slice(1).map((request) => parametersOf(request).time);
    assert.deepEqual(new Set(instants), new Set(["999"]));
  });

  it("keeps the step's first requests when the slots and the time were long to come", async () => {
    const instants = [38_500, 42_500];
    const clock = { now: () => instants.shift() ?? 42_500, sleep: () => Promise.resolve(), monotonic: () => 0 };
    const { measurement } = await measure([], { clock, step: { since: 0 } });
    const counts = measurement.queries.filter(({ name }) => name.includes("requests of"));
    for (const { promql } of counts) assert.ok(promql.includes("[41s]"), promql);
    assert.equal(counts.length, 8);
  });

  it("keeps every query with its answer", async () => {
    const { measurement } = await measure([]);
    const names = measurement.queries.map(({ name }) => name).sort();
    assert.deepEqual(names, [
      "P95 of the active slot",
      "P95 of the candidate",
      "candidate pods scraped twice",
      "failed requests of the active slot",
      "failed requests of the candidate",
      "fast requests of the active slot",
      "fast requests of the candidate",
      "requests of the active slot",
      "requests of the candidate",
      "series at 0.2 s",
      "timed requests of the active slot",
      "timed requests of the candidate",
    ]);
    const failed = measurement.queries.find(({ name }) => name === "failed requests of the candidate");
    assert.deepEqual(failed?.answer, { ok: true, values: [7] });
  });

  it("leaves the active slot out at 100 %, where it serves nothing by design", async () => {
    const { measurement } = await measure([], { step: { percent: 100 } });
    assert.ok(measurement.errorRate.status === "read");
    assert.equal(measurement.errorRate.periods[0]?.active, null);
    assert.equal(
      measurement.queries.some(({ promql }) => promql.includes('slot="blue"')),
      false,
    );
  });

  it("needs no active slot at 100 % and in soak: not its Deployment, and not its series", async () => {
    const looked: Slot[] = [];
    const look = (slot: Slot): Promise<SlotHealth> => {
      looked.push(slot);
      return Promise.resolve(slot === "green" ? health(slot) : { ...health(slot), staged: undefined });
    };
    const gone: Answers = [[new RegExp(blue), value()]];
    const custom = [metric];
    const { measurement } = await measure(gone, { slots: { look }, step: { percent: 100 }, custom });
    assert.deepEqual(looked, ["green"]);
    const measured = [measurement.errorRate, measurement.latency, measurement.custom.jobs];
    for (const one of measured) assert.ok(one?.status === "read" && one.periods[0]?.active === null);
    assert.deepEqual(measurement.p95, { candidate: 0.12, active: null });
    assert.equal(judge(measurement.errorRate, { threshold: 0.001 }).kind, "FAIL");
  });

  it("waits for four scrapes, without asking", async () => {
    const { measurement, received } = await measure([], { since: 3_500 });
    assert.deepEqual(measurement.errorRate, { status: "too_soon", secondsLeft: 1.5 });
    assert.deepEqual(measurement.latency, { status: "too_soon", secondsLeft: 1.5 });
    assert.equal(received.length, 0);
  });

  it("says how many of the candidate's pods were not scraped twice", async () => {
    const { measurement } = await measure([[/sum_over_time\(up/, value(1)]]);
    const verdict = judge(measurement.errorRate, { threshold: 0.2 });
    assert.ok(verdict.kind === "TOO_FEW");
    assert.equal(verdict.reason, "pods_not_read");
  });

  it("keeps what Prometheus remarks, once", async () => {
    const remark = (response: http.ServerResponse): void => {
      const data = { resultType: "vector", result: [{ metric: {}, value: [1, "5"] }] };
      answerJson(response, { status: "success", data, warnings: ["a store is away"] });
    };
    const { measurement } = await measure([[/http_requests_total/, remark]]);
    assert.deepEqual(measurement.warnings, ["a store is away"]);
  });
});

describe("the latency's edge", () => {
  it("is found as Prometheus 2 and as Prometheus 3 write a whole number", async () => {
    for (const edge of ["1", "1.0"]) {
      const { measurement } = await measure(
        [
          [new RegExp(`^count\\(last_over_time\\(http.*le="${edge}"`), value(4)],
          [/^count\(last_over_time\(http/, value(0)],
          [new RegExp(`${green}.*le="${edge}"`), value(60)],
        ],
        { slowAbove: 1 },
      );
      assert.ok(measurement.latency.status === "read");
      assert.deepEqual(measurement.latency.periods[0]?.candidate, { total: 100, bad: 40 });
    }
  });

  it("is looked for as far back as requests are counted: a scrape that every pod missed makes no request slow", async () => {
    const { measurement } = await measure([], { slowAbove: 1 });
    const windows = measurement.queries
      .filter(({ name }) => name.startsWith("series at") || name === "timed requests of the candidate")
      .map(({ promql }) => /\[(\d+)s\]/.exec(promql)?.[1]);
    assert.ok(windows.length >= 2);
    assert.equal(new Set(windows).size, 1, windows.join(", "));
    assert.notEqual(windows[0], undefined);
  });

  it("is a problem when the histogram does not have it: else every request were slow", async () => {
    const { measurement } = await measure([[/^count\(last_over_time\(http.*le="0.3"/, value(0)]], { slowAbove: 0.3 });
    assert.equal(measurement.errorRate.status, "read");
    assert.ok(measurement.latency.status === "unavailable");
    assert.match(measurement.latency.problem.detail, /No bucket of the histogram ends at 0\.3 s/);
  });

  it("is no problem before there is any request", async () => {
    const { measurement } = await measure([
      [/^count\(last_over_time\(http/, value(0)],
      [/http_request/, value(0)],
    ]);
    assert.equal(judge(measurement.latency, { threshold: 0.05 }).kind, "NO_TRAFFIC");
  });
});

describe("a step that cannot be measured", () => {
  const bad: Record<string, { answers: Answers; kind: string }> = {
    "several series": { answers: [[/http_requests_total/, value(1, 2)]], kind: "several_series" },
    "no series": { answers: [[/http_requests_total/, value()]], kind: "no_series" },
    NaN: { answers: [[/http_requests_total/, value("NaN")]], kind: "not_finite" },
    infinity: { answers: [[/http_requests_total/, value("+Inf")]], kind: "not_finite" },
    "more bad than all": { answers: [[/status=~/, value(500)]], kind: "more_bad_than_total" },
    "less than nothing": { answers: [[/http_requests_total/, value(-1)]], kind: "negative" },
    "a 500": { answers: [[/http_requests_total/, (response) => response.writeHead(500).end()]], kind: "malformed" },
    "JSON that was cut off": {
      answers: [[/http_requests_total/, (response) => response.end('{"status":"succ')]],
      kind: "malformed",
    },
    "an unreadable number of pods": { answers: [[/up\{/, value("NaN")]], kind: "not_finite" },
    "no time": { answers: [[/^time/, (response) => response.writeHead(502).end()]], kind: "malformed" },
  };
  for (const [what, { answers, kind }] of Object.entries(bad))
    it(`has the verdict ERROR on ${what}`, async () => {
      const { measurement } = await measure(answers);
      assert.ok(measurement.errorRate.status === "unavailable");
      assert.equal(measurement.errorRate.problem.kind, kind);
      assert.equal(judge(measurement.errorRate, { threshold: 0.5 }).kind, "ERROR");
    });

  it("says so when the cluster cannot be asked for the slots, or has no template for the active one", async () => {
    const away = await measure([], { slots: { look: () => Promise.reject(new Error("connection refused")) } });
    assert.ok(away.measurement.errorRate.status === "unavailable");
    assert.match(away.measurement.errorRate.problem.detail, /slots cannot be looked at: connection refused/);
    const empty = (slot: Slot): Promise<SlotHealth> => Promise.resolve({ ...health(slot), staged: undefined });
    const bare = await measure([], { slots: { look: empty } });
    assert.ok(bare.measurement.latency.status === "unavailable");
    assert.match(bare.measurement.latency.problem.detail, /active slot blue has no pod template/);
  });

  it("says why there is no Prometheus", async () => {
    const { measurement } = await measure([], { prometheus: { why: "PROMETHEUS_URL is not set" }, custom: [metric] });
    assert.deepEqual(measurement.errorRate, measurement.custom.jobs);
    assert.ok(measurement.errorRate.status === "unavailable");
    assert.match(measurement.errorRate.problem.detail, /PROMETHEUS_URL is not set/);
  });
});

describe("a custom metric", () => {
  it("is measured for both slots when it tells them apart", async () => {
    const { measurement } = await measure(
      [
        [/jobs_total\{slot="green",failed/, value(3)],
        [/jobs_total\{slot="green"/, value(30)],
        [/jobs_total\{slot="blue",failed/, value(1)],
        [/jobs_total\{slot="blue"/, value(300)],
      ],
      { custom: [metric] },
    );
    assert.deepEqual(measurement.custom.jobs, {
      status: "read",
      periods: [{ candidate: { total: 30, bad: 3 }, active: { total: 300, bad: 1 } }],
      coverage,
    });
    const asked = measurement.queries.find(({ name }) => name === "jobs.total of the candidate");
    assert.equal(asked?.promql, 'sum(increase(jobs_total{slot="green"}[19s])) or vector(0)');
  });

  it("is measured without the active slot when it does not", async () => {
    const custom = [{ ...metric, bad: "sum(bad[{{window}}])", total: "sum(all[{{ window }}])" }];
    const { measurement } = await measure([[/^sum\(all/, value(8)]], { custom });
    assert.ok(measurement.custom.jobs?.status === "read");
    assert.deepEqual(measurement.custom.jobs.periods, [{ candidate: { total: 8, bad: 0 }, active: null }]);
  });

  it("is a problem of its own when its query makes no sense", async () => {
    const { measurement } = await measure([], { custom: [{ ...metric, bad: "sum({{slots}}[{{window}}])" }] });
    assert.equal(measurement.errorRate.status, "read");
    assert.ok(measurement.custom.jobs?.status === "unavailable");
    assert.match(measurement.custom.jobs.problem.detail, /jobs\.bad: \{\{slots\}\} stands for nothing/);
  });
});
