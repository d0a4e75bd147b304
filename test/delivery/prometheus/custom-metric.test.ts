import assert from "node:assert/strict";
import type { CustomMetric } from "../../../components/release-plan/release-plan.ts";
import {
  customMetricProblems,
  fillQuery,
  isPerSlot,
  tryCustomMetrics,
} from "../../../delivery/prometheus/custom-metric.ts";
import { answerJson, deafUrl, serve, type Handler } from "../support/loopback.ts";
import { answerScalar, answerVector, clientOf } from "./fake-prometheus.ts";

const never = new AbortController().signal;
const tenant = { slot: "green", template: "aaaaaaaaaaaa" };

function metric(bad = "bad[{{window}}]", total = "total[{{window}}]"): CustomMetric {
  return { name: "jobs", bad, total, max: 0.01, policy: "warn" };
}

describe("a custom metric's query", () => {
  it("is filled with whose requests are meant, and since when", () => {
    const query = 'x{slot="{{slot}}",template="{{ template }}",also="{{slot}}"}[{{window}}]';
    assert.equal(
      fillQuery(query, tenant, { seconds: 37 }),
      'x{slot="green",template="aaaaaaaaaaaa",also="green"}[37s]',
    );
    assert.throws(() => fillQuery("{{pod}}", tenant, { seconds: 1 }), SyntaxError);
  });

  it("compares with the active slot only when both of a pair tell the slots apart", () => {
    assert.equal(isPerSlot(metric("{{slot}}", "{{template}}")), true);
    assert.equal(isPerSlot(metric("{{slot}}", "{{window}}")), false);
  });

  it("must range over the step and use no strange placeholder", () => {
    assert.deepEqual(customMetricProblems(metric()), []);
    const found = customMetricProblems(metric("bad[10m]", "total[{{window}}] + {{pod}}"));
    assert.deepEqual(
      found.map(({ metric: name, query, detail }) => [name, query, detail.split(";")[0]]),
      [
        ["jobs", "bad", "it must range over [{{window}}], which is the time since the step began"],
        ["jobs", "total", "{{pod}} stands for nothing"],
      ],
    );
  });
});

describe("custom metrics, tried before a release", () => {
  async function problems(handler: Handler, of: CustomMetric = metric()): Promise<readonly string[]> {
    await using server = await serve(handler);
    using test = clientOf(server.url, { deadlineMs: 3_000 });
    return (await tryCustomMetrics(test.client, [of], tenant, never)).map(({ query, detail }) => `${query}: ${detail}`);
  }

  it("are fine when each query answers one finite number", async () => {
    assert.deepEqual(
      await problems((_, response) => {
        answerVector(response, 0);
      }),
      [],
    );
    assert.deepEqual(
      await problems((_, response) => {
        answerScalar(response, 3);
      }),
      [],
    );
  });

  const cases: Record<string, { handler: Handler; detail: RegExp }> = {
    "no series": {
      handler: (_, response) => {
        answerVector(response);
      },
      detail: /answered no series\. Sum it and end it with `or vector\(0\)`/,
    },
    "several series": {
      handler: (_, response) => {
        answerVector(response, 1, 2);
      },
      detail: /2 series, not one\. Wrap it in sum/,
    },
    NaN: {
      handler: (_, response) => {
        answerVector(response, "NaN");
      },
      detail: /Ask for a count/,
    },
    "a parse error": {
      handler: (_, response) => {
        answerJson(response, { status: "error", errorType: "bad_data", error: "parse error: unexpected" }, 400);
      },
      detail: /parse error: unexpected/,
    },
  };
  for (const [what, { handler, detail }] of Object.entries(cases))
    it(`are refused with advice on ${what}`, async () => {
      const found = await problems(handler);
      assert.deepEqual(
        found.map((each) => each.split(":")[0]),
        ["bad", "total"],
      );
      for (const each of found) assert.match(each, detail);
    });

  it("are not asked when they make no sense", async () => {
    await using server = await serve(() => undefined);
    using test = clientOf(server.url);
    assert.equal((await tryCustomMetrics(test.client, [metric("x", "y")], tenant, never)).length, 2);
    assert.equal(server.received.length, 0);
  });

  it("are not blamed for a Prometheus that is away", async () => {
    using test = clientOf(await deafUrl(), { deadlineMs: 3_000 });
    assert.deepEqual(await tryCustomMetrics(test.client, [metric()], tenant, never), []);
  });
});
