import assert from "node:assert/strict";
import fc from "fast-check";
import { productionThresholds, type Thresholds } from "../../policies/production-thresholds.ts";
import { unknownValue } from "../../policies/resource.ts";
import { violationsOf } from "./support.ts";

const configMap = "kubernetes:core/v1:ConfigMap";
type Policy = Thresholds["errorRate"]["policy"];

function thresholds(max: number, seconds: number, policy: Policy = "rollback"): Thresholds {
  return { errorRate: { max, policy }, latency: { quantile: 0.95, seconds, policy } };
}

function said(production: Thresholds, staging: Thresholds | undefined, stack = "production"): readonly string[] {
  const inputs = { data: { "plan.json": JSON.stringify({ thresholds: production }) } };
  return violationsOf(productionThresholds(staging), configMap, inputs, { stack });
}

describe("the policy production-thresholds", () => {
  const staging = thresholds(0.01, 0.5, "warn");

  it("takes what is as strict as staging, or stricter", () => {
    assert.deepEqual(said(thresholds(0.001, 0.2), staging), []);
    assert.deepEqual(said(staging, staging), []);
  });

  it("refuses a looser error rate, with both figures", () => {
    assert.deepEqual(said(thresholds(0.0101, 0.5), staging), [
      "The error rate may be up to 1.01 %, and in staging up to 1 % only.",
    ]);
  });

  it("refuses a looser latency, with both figures", () => {
    assert.deepEqual(said(thresholds(0.01, 0.501), staging), [
      "The 95th percentile may be up to 501 ms, and in staging up to 500 ms only.",
    ]);
  });

  it("refuses a breach that costs less than in staging", () => {
    assert.deepEqual(said(thresholds(0.001, 0.2, "warn"), thresholds(0.01, 0.5, "hold")), [
      'A breach of errorRate ends in "warn", and in staging in "hold".',
      'A breach of latency ends in "warn", and in staging in "hold".',
    ]);
    assert.equal(said(thresholds(0.001, 0.2, "hold"), thresholds(0.01, 0.5)).length, 2);
  });

  it("says something exactly where one of them is looser", () => {
    const any = fc.record({
      max: fc.double({ min: 0.0001, max: 0.5, noNaN: true }),
      seconds: fc.double({ min: 0.01, max: 10, noNaN: true }),
    });
    fc.assert(
      fc.property(any, any, (left, right) => {
        const looser = Number(left.max > right.max) + Number(left.seconds > right.seconds);
        assert.equal(said(thresholds(left.max, left.seconds), thresholds(right.max, right.seconds)).length, looser);
      }),
    );
  });

  it("says nothing of other stacks, of other resources, and where there is no staging", () => {
    const loose = thresholds(0.5, 5);
    assert.deepEqual(said(loose, staging, "local"), []);
    assert.deepEqual(said(loose, undefined), []);
    const production = { stack: "production" };
    const rule = productionThresholds(staging);
    for (const data of [{ "ledger.json": "{}" }, { "plan.json": unknownValue }])
      assert.deepEqual(violationsOf(rule, configMap, { data }, production), []);
    assert.deepEqual(violationsOf(rule, "kubernetes:core/v1:Secret", { data: { "plan.json": "{}" } }, production), []);
  });
});
