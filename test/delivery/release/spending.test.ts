import assert from "node:assert/strict";
import fc from "fast-check";
import { detection } from "../../../delivery/gate/bounds.ts";
import { limitsOf } from "../../../delivery/gate/verdict.ts";
import { criterionOf } from "../../../delivery/release/judging.ts";
import { spendingOf, type Lane } from "../../../delivery/release/spending.ts";
import { near } from "../gate/near.ts";
import { releasePlan } from "../support/plans.ts";

/** Every test of a release with so many custom metrics, as lane and metric. */
function testsOf(customMetrics: number): readonly (readonly [Lane, string])[] {
  const custom = Array.from({ length: customMetrics }, (_, index) => ["gate", `custom${index}`] as const);
  const common = (["guard", "gate"] as const).flatMap((lane) => [
    [lane, "errorRate"] as const,
    [lane, "latency"] as const,
  ]);
  return [...common, ...custom];
}

describe("what a release's tests spend of alpha", () => {
  it("is all of it, and no more, however many custom metrics there are", () => {
    fc.assert(
      fc.property(fc.nat(30), (customMetrics) => {
        for (const proof of ["breach", "blame"] as const) {
          const spent = testsOf(customMetrics).map(([lane, metric]) => spendingOf(lane, metric, customMetrics)[proof]);
          assert.ok(spent.every((share) => share > 0));
          near(
            spent.reduce((sum, share) => sum + share, 0),
            1,
            1e-12,
          );
        }
      }),
    );
  });

  it("is what the plan's limits are made of: their chances add up to the plan's alpha", () => {
    const metrics = ["refunds", "logins"].map((name) => ({
      name,
      bad: "b",
      total: "t",
      max: 0.01,
      policy: "warn" as const,
    }));
    const plan = releasePlan({ gate: { alpha: 0.02 }, thresholds: { ...releasePlan().thresholds, metrics } });
    const tests = [...testsOf(0), ["gate", "refunds"] as const, ["gate", "logins"] as const];
    const limits = tests.map(([lane, metric]) => limitsOf(criterionOf(lane, metric, plan)));
    const sum = (logs: readonly number[]): number => logs.reduce((all, log) => all + Math.exp(-log), 0);
    near(sum(limits.map(({ logLimit }) => logLimit)), 0.02, 1e-12);
    near(sum(limits.map(({ logBlameLimit }) => logBlameLimit)), 0.02, 1e-12);
  });

  it("leaves the guard GATE.md's figures: requests until FAIL at 1:9 and 1:1 beside a sound active slot, exactly", () => {
    const criterion = criterionOf("guard", "errorRate", releasePlan());
    const rows = [
      { weight: 10, breach: 1, median: 4, p90: 4 },
      { weight: 10, breach: 0.05, median: 100, p90: 170 },
      { weight: 10, breach: 0.01, median: 647, p90: 1_112 },
      { weight: 50, breach: 1, median: 8, p90: Infinity },
      { weight: 50, breach: 0.05, median: 287, p90: Infinity },
    ];
    for (const { weight, breach, median, p90 } of rows) {
      const found = detection(criterion, { requestsPerSecond: 50, weight }, breach);
      assert.ok(found.median!.requests <= median, `${breach} at ${weight} %: ${found.median!.requests}`);
      assert.ok(found.p90!.requests <= p90, `${breach} at ${weight} %: ${found.p90!.requests}`);
    }
  });
});
