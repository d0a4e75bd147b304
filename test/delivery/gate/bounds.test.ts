import assert from "node:assert/strict";
import { detection, proof } from "../../../delivery/gate/bounds.ts";
import { blameTest } from "../../../delivery/gate/comparison.ts";
import { logEvidence, thresholdTest } from "../../../delivery/gate/e-process.ts";
import { near } from "./near.ts";
import { firstBlame, firstFailure, repeat, seeded } from "./simulation.ts";

const criterion = { threshold: 0.001 };
const breachTest = thresholdTest(0.001);
const blame = blameTest(0.001);
const breached = (counts: { total: number; bad: number }) =>
  counts.bad >= 2 && logEvidence(breachTest, [counts]) >= Math.log(100);

describe("what a plan promises", () => {
  it("is exact for a candidate alone: simulation agrees", () => {
    for (const breach of [0.05, 0.2]) {
      const promised = detection(criterion, { requestsPerSecond: 100, weight: 100 }, breach);
      const random = seeded(3);
      const simulated = repeat(4000, () => firstFailure(random, breach, 20_000, breached));
      near(promised.median!.requests, simulated.median, Math.max(1, 0.05 * simulated.median));
      near(promised.p90!.requests, simulated.p90, Math.max(1, 0.05 * simulated.p90));
    }
  });

  it("is close beside an active slot: simulation agrees within 15 %", () => {
    const promised = detection(criterion, { requestsPerSecond: 100, weight: 10 }, 0.05);
    const random = seeded(3);
    const simulated = repeat(1000, () =>
      firstBlame(random, { candidate: 0.05, active: 0.0005 }, 9, 20_000, (candidate, active) => {
        return breached(candidate) && logEvidence(blame, [{ candidate, active }]) >= Math.log(200);
      }),
    );
    near(promised.median!.requests, simulated.median, 0.15 * simulated.median);
    near(promised.p90!.requests, simulated.p90, 0.15 * simulated.p90);
  });

  it("counts seconds at the step's traffic", () => {
    const { median, breach } = detection(criterion, { requestsPerSecond: 50, weight: 10 }, 1);
    assert.equal(breach, 1);
    assert.deepEqual(median, { requests: 3, seconds: 0.6 });
    assert.equal(detection(criterion, { requestsPerSecond: 0, weight: 10 }, 1).median?.seconds, Infinity);
  });

  it("is GATE.md's table or better at weight 10: 4 requests for 100 %, 170 for nine of ten at 5 %, 647 at 1 %", () => {
    const traffic = { requestsPerSecond: 50, weight: 10 };
    assert.ok(detection(criterion, traffic, 1).p90!.requests <= 4);
    assert.ok(detection(criterion, traffic, 0.05).p90!.requests <= 170);
    assert.ok(detection(criterion, traffic, 0.01).median!.requests <= 647);
  });

  it("is sooner the worse the breach, and nothing where the horizon comes first", () => {
    const traffic = { requestsPerSecond: 50, weight: 50 };
    const medians = [0.01, 0.05, 0.2, 1].map((breach) => detection(criterion, traffic, breach).median!.requests);
    assert.deepEqual(
      medians,
      medians.toSorted((left, right) => right - left),
    );
    const healthy = detection(criterion, traffic, 0.0005);
    assert.deepEqual([healthy.median, healthy.p90], [null, null]);
  });

  it("says how many requests pass, and how many prove", () => {
    assert.deepEqual(proof({ threshold: 0.001 }, { requestsPerSecond: 50, weight: 10 }), {
      minimum: { requests: 100, seconds: 20 },
      oneLook: { requests: 2995, seconds: 599 },
      everyLook: { requests: 4885, seconds: 977 },
    });
  });
});
