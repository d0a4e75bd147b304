import assert from "node:assert/strict";
import fc from "fast-check";
import { rangeOf, shareOf } from "../../../components/slo/promql.ts";
import * as releases from "../../../components/slo/release-queries.ts";
import * as requests from "../../../components/slo/service-queries.ts";

const scope = { namespace: "atom-staging", environment: "staging", service: "atom" };
const question = { scope, range: "5m" };

describe("a length of time in PromQL", () => {
  it("is written in the largest unit that tells it whole", () => {
    const written = [0, 1, 1500, 30_000, 90_000, 300_000, 5_400_000, 3_600_000, 86_400_000, 259_200_000].map(rangeOf);
    assert.deepEqual(written, ["0s", "1ms", "1500ms", "30s", "90s", "5m", "90m", "1h", "1d", "3d"]);
  });

  it("loses nothing", () => {
    const sizes = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 10 }), (milliseconds) => {
        const [, amount, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(rangeOf(milliseconds)) ?? [];
        assert.equal(Number(amount) * sizes[unit as keyof typeof sizes], milliseconds);
      }),
    );
  });
});

describe("the queries of requests", () => {
  const all: Readonly<Record<string, string>> = {
    requestRate: requests.requestRate(question),
    failedRate: requests.failedRate(question),
    failedShare: requests.failedShare(question),
    slowShare: requests.slowShare(question, 0.2),
    fastShare: requests.fastShare(question, 0.2),
    latencyAt: requests.latencyAt(0.95, question),
    podsUp: requests.podsUp(question),
  };

  for (const [name, query] of Object.entries(all))
    it(`ask for one service in one environment, and keep that in the answer: ${name}`, () => {
      for (const [selector] of query.matchAll(/\b[a-z_]+\{[^}]*\}/g))
        assert.match(selector, /\{namespace="atom-staging",job="atom"/);
      for (const [, labels = ""] of query.matchAll(/by \(([^)]*)\)/g)) assert.match(labels, /^namespace, job/);
    });

  it("leave out probes and scrapes, as the gate does", () => {
    assert.match(all.requestRate ?? "", /route!~"\(\/health\|\/metrics\)\(\/\.\*\)\?"/);
  });

  it("read latency at an edge, in either form that Prometheus may store it in", () => {
    assert.match(requests.fastRate(question, 0.2), /le="0\.2"/);
    assert.match(requests.fastRate(question, 1), /le=~"1\\\\\.0\|1"/);
  });

  it("tell apart by labels, and ask for a part", () => {
    const query = requests.failedShare({
      ...question,
      by: ["route"],
      only: [{ label: "slot", op: "=", value: "green" }],
    });
    assert.equal(query.match(/by \(namespace, job, route\)/g)?.length, query.match(/ by /g)?.length);
    for (const [selector] of query.matchAll(/\{[^}]*\}/g)) assert.match(selector, /slot="green"/);
  });
});

describe("the queries of releases", () => {
  const all: Readonly<Record<string, string>> = {
    countOf: releases.countOf("deployment_total", question),
    badShare: releases.badShare(releases.outcomes.smokeTests, question),
    goodShare: releases.goodShare(releases.outcomes.deployments, question),
    durationAt: releases.durationAt(0.95, "deployment_duration_seconds", question),
    meanDuration: releases.meanDuration("deployment_duration_seconds", question),
    deploymentFrequency: releases.deploymentFrequency(scope),
  };

  for (const [name, query] of Object.entries(all)) {
    it(`ask for one service in one environment, and keep that in the answer: ${name}`, () => {
      for (const [selector] of query.matchAll(/\b[a-z_]+\{[^}]*\}/g))
        assert.match(selector, /\{environment="staging",service="atom"/);
      for (const [, labels = ""] of query.matchAll(/by \(([^)]*)\)/g)) assert.match(labels, /^environment, service/);
    });

    it(`count what is pushed by its increase, never per second: ${name}`, () => {
      assert.match(query, /increase\(/);
      assert.doesNotMatch(query, /\brate\(/);
    });
  }
});

describe("a share", () => {
  it("is nothing where there is nothing, and 0 where nothing is bad", () => {
    assert.equal(shareOf("bad", "all"), "(bad or 0 * all) / (all > 0)");
  });
});
