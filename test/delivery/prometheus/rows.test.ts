// GATE.md, row by row, from what Prometheus answers to what the release does. The same rows on a real Prometheus, where it can produce
// them: test/contract/prometheus-gate.test.ts; the queries on its engine: test/delivery/gate/promql.
import assert from "node:assert/strict";
import type http from "node:http";
import type { Judged } from "../../../delivery/gate/policy.ts";
import { windowSince } from "../../../delivery/gate/queries.ts";
import { describeJudged, judgeStep, reasonOf } from "../../../delivery/release/judging.ts";
import { releasePlan } from "../support/plans.ts";
import { blue, green, measure, value, type Answers } from "./recorded.ts";

const production = releasePlan({
  policies: {
    noData: { policy: "rollback", deadline: 60_000 },
    metricsUnavailable: { policy: "hold", deadline: 60_000 },
  },
});

interface Done {
  /** What the error rate is judged to be. */
  readonly verdict: Judged["verdict"];
  readonly said: string;
  /** What is done while the step waits, at its end, and when its patience is at an end too. */
  readonly actions: readonly string[];
  readonly reason: string;
  readonly queries: readonly string[];
}

/** Has a step measured, and judged at its three moments. */
async function done(answers: Answers, options: Parameters<typeof measure>[1] = {}): Promise<Done> {
  const { measurement } = await measure(answers, options);
  const judgements = [-1, 0, 60_000].map((overtime) => judgeStep([], measurement, production, overtime));
  const last = judgements.at(-1);
  const errors = last?.judged.find(({ metric }) => metric === "errorRate");
  assert.ok(last && errors);
  return {
    verdict: errors.verdict,
    said: describeJudged([errors]),
    actions: judgements.map(({ action }) => action.kind),
    reason: last.action.causes.length === 0 ? "" : reasonOf(last.action),
    queries: measurement.queries.map(({ promql }) => promql),
  };
}

/** Requests of the candidate and of the active slot, all and failed; each a value of a series. */
function counts(
  candidate: readonly [string | number, string | number],
  active: readonly [number, number] = [900, 1],
): Answers {
  return [
    [new RegExp(`${green}.*status=~`), value(candidate[1])],
    [new RegExp(`${blue}.*status=~`), value(active[1])],
    [new RegExp(`http_requests_total.*${green}`), value(candidate[0])],
    [new RegExp(`http_requests_total.*${blue}`), value(active[0])],
    // As many are timed, and none is slow.
    [new RegExp(`bucket.*${green}`), value(candidate[0])],
    [new RegExp(`bucket.*${blue}`), value(active[0])],
  ];
}

/** No verdict that promotes, and none that blames the candidate, before the policy's deadline. */
const holdsStill = ["wait", "wait", "hold"];
const countQueries = /^sum\(.*http_request/;

describe("row by row, the gate", () => {
  it("row 1: takes no traffic for NO_TRAFFIC, waits for some, and then follows the policy", async () => {
    const { verdict, actions, reason } = await done(counts([0, 0]));
    assert.equal(verdict.kind, "NO_TRAFFIC");
    assert.deepEqual([actions, reason], [["wait", "wait", "rollback"], "no_traffic"]);
  });

  it("row 2: passes healthy traffic that has no error series, because it asks for a sum or zero", async () => {
    const { verdict, actions, queries } = await done(counts([1_000, 0], [9_000, 0]));
    assert.equal(verdict.kind, "PASS");
    assert.deepEqual(actions, ["wait", "proceed", "proceed"]);
    for (const query of queries.filter((one) => countQueries.test(one))) assert.match(query, / or vector\(0\)$/);
  });

  it("row 3: fails a candidate whose every request fails at once, whatever is left of the wait", async () => {
    const { verdict, actions, reason, said } = await done(counts([12, 12]));
    assert.equal(verdict.kind, "FAIL");
    assert.deepEqual([actions, reason], [["rollback", "rollback", "rollback"], "high_error_rate"]);
    assert.equal(said, "errorRate FAIL (12 bad of 12 requests, active 1 of 900, limit 0.10 %)");
  });

  it("row 4: counts what an error series was born with, by its last value where it has no earlier one", async () => {
    const { queries, said } = await done(counts([100, 30]));
    assert.match(said, /30 bad of 100/);
    for (const query of queries.filter((one) => countQueries.test(one)))
      assert.match(query, /or last_over_time\(\S+\) unless \(resets/);
  });

  it("row 5: does not pass before every pod of the candidate was scraped twice", async () => {
    const { verdict, actions, reason } = await done([[/sum_over_time\(up/, value(1)], ...counts([5_000, 0])]);
    assert.equal(verdict.kind === "TOO_FEW" && verdict.reason, "pods_not_read");
    assert.deepEqual([actions, reason], [["wait", "wait", "rollback"], "too_few_requests"]);
  });

  it("row 6: adds up pods outside of increase, and never the other way round", async () => {
    const { queries } = await done([]);
    for (const query of queries.filter((one) => countQueries.test(one))) {
      assert.match(query, /^sum\(last_over_time/);
      assert.doesNotMatch(query, /increase\(sum|last_over_time\(sum/);
    }
  });

  it("row 7: asks for slot and template, so that the slot's previous tenant is nobody's", async () => {
    const { queries } = await done([]);
    const selectors = queries.filter((one) => countQueries.test(one)).flatMap((one) => one.match(/\{[^}]*\}/g) ?? []);
    assert.ok(selectors.length > 20);
    for (const selector of selectors)
      assert.match(selector, /slot="green",template="aaaaaaaaaaaa"|slot="blue",template="bbbbbbbbbbbb"/);
  });

  it("row 8: asks for counts apart, never for a ratio, and for one series each", async () => {
    const { queries } = await done([]);
    for (const query of queries.filter((one) => !one.startsWith("histogram_quantile"))) {
      assert.doesNotMatch(query, /\}[^"]* \/ /);
      assert.doesNotMatch(query, / by /);
    }
  });

  it("row 9: looks at the step and at nothing before it", async () => {
    const { queries } = await done([], { since: 61_000 });
    const counted = queries.filter((one) => countQueries.test(one));
    const ranges = new Set(counted.flatMap((query) => query.match(/\[[^\]]*\](?: offset \w+)?/g) ?? []));
    assert.deepEqual(ranges, new Set(["[60s]", "[5m] offset 60s"]));
  });

  it("row 10: takes several series for ERROR and never for one of them", async () => {
    const { verdict, actions, reason, said } = await done([[/http_requests_total/, value(0, 1_000)]]);
    assert.equal(verdict.kind === "ERROR" && verdict.problem.kind, "several_series");
    assert.deepEqual([actions, reason], [holdsStill, "metrics_unavailable"]);
    assert.equal(said, "errorRate ERROR (requests of the candidate: the query answered 2 series, not one.)");
  });

  const outages: Readonly<Record<string, readonly [string, (response: http.ServerResponse) => void]>> = {
    "that is down": ["unreachable", (response) => response.destroy()],
    "that does not answer": ["timeout", () => undefined],
    "that answers 503": ["malformed", (response) => response.writeHead(503).end("unavailable")],
    "whose JSON breaks off": ["malformed", (response) => response.end('{"status":"success","data":{"resultTy')],
    "whose proxy answers a page": ["malformed", (response) => response.end("<html>login</html>")],
  };
  for (const [what, [kind, answer]] of Object.entries(outages))
    it(`row 11: neither takes back nor promotes for a Prometheus ${what}, until its policy's deadline`, async () => {
      const { verdict, actions, reason } = await done([[/./, answer]], { tryTimeoutMs: 500 });
      assert.equal(verdict.kind === "ERROR" && verdict.problem.kind, kind);
      assert.deepEqual([actions, reason], [holdsStill, "metrics_unavailable"]);
    });

  for (const odd of ["+Inf", "-Inf", "NaN"])
    it(`row 12: takes ${odd} for ERROR`, async () => {
      const { verdict, actions } = await done(counts([odd, 0]));
      assert.equal(verdict.kind === "ERROR" && verdict.problem.kind, "not_finite");
      assert.deepEqual(actions, holdsStill);
    });

  it("row 13: judges nothing before there can be data, and says how long that takes", async () => {
    const { verdict, actions, queries, reason } = await done(counts([5_000, 5_000]), { since: 2_500 });
    assert.ok(verdict.kind === "TOO_FEW");
    assert.deepEqual([verdict.reason, verdict.detail], ["window_too_short", "The window reaches four scrapes in 3 s."]);
    assert.deepEqual([actions, reason, queries], [["wait", "wait", "rollback"], "too_few_requests", []]);
  });

  it("row 14: does not pass a candidate that refuses connections, however good its last counts were", async () => {
    const { verdict, actions } = await done([[/sum_over_time\(up/, value(0)], ...counts([500, 0])]);
    assert.equal(verdict.kind === "TOO_FEW" && verdict.reason, "pods_not_read");
    assert.deepEqual(actions, ["wait", "wait", "rollback"]);
  });

  it("row 15: asks for windows of four scrapes or more, which lose no point at an open end", async () => {
    for (const scrapeInterval of [1, 15, 60]) {
      assert.deepEqual(windowSince(4 * scrapeInterval - 1, scrapeInterval), { secondsLeft: 1 });
      assert.deepEqual(windowSince(4 * scrapeInterval, scrapeInterval), { seconds: 4 * scrapeInterval });
    }
    const { queries } = await done([], { since: 5_000 });
    assert.ok(queries.some((query) => query.includes("[4s]")));
  });

  it("rows 10 to 12: waits on ERROR until its deadline, whatever the policy is, and only then follows it", async () => {
    const { measurement } = await measure([[/http_requests_total/, value("NaN")]]);
    for (const [policy, kind] of [
      ["rollback", "rollback"],
      ["hold", "hold"],
      ["warn", "proceed"],
    ] as const) {
      const plan = releasePlan({ policies: { metricsUnavailable: { policy, deadline: 60_000 } } });
      assert.equal(judgeStep([], measurement, plan, 59_999).action.kind, "wait");
      const { action } = judgeStep([], measurement, plan, 60_000);
      assert.equal(action.kind, kind);
      assert.deepEqual(action.causes, [{ metric: "errorRate", reason: "metrics_unavailable", response: policy }]);
    }
  });
});
