import assert from "node:assert/strict";
import fc from "fast-check";
import { objectivesOf } from "../../../components/slo/objectives.ts";

describe("a service's objectives", () => {
  it("are the thresholds of its releases, which leave the error budget", () => {
    assert.deepEqual(objectivesOf({ errorRate: { max: 0.001 }, p95Latency: { max: 200 } }), {
      failed: { limit: 0.001, budget: 0.001 },
      slow: { limit: 0.05, budget: 0.05, above: 0.2 },
    });
  });

  it("may promise more or less than the thresholds, which stay what they are", () => {
    const thresholds = { errorRate: { max: 0.01 }, p95Latency: { max: 500 } };
    assert.deepEqual(objectivesOf(thresholds, { availability: 0.995, latency: 0.99 }), {
      failed: { limit: 0.01, budget: 0.005 },
      slow: { limit: 0.05, budget: 0.01, above: 0.5 },
    });
  });

  it("have budgets without the noise of binary fractions", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999 }), (good) => {
        const { failed } = objectivesOf(
          { errorRate: { max: 0.5 }, p95Latency: { max: 100 } },
          { availability: good / 10_000 },
        );
        assert.equal(failed.budget, (10_000 - good) / 10_000);
      }),
    );
  });
});
