import assert from "node:assert/strict";
import type { Measurement } from "../../../delivery/gate/measurement.ts";
import { judgeStep } from "../../../delivery/release/judging.ts";
import type { StepMeasurement } from "../../../delivery/release/ports.ts";
import { StepPeriods } from "../../../delivery/release/step-periods.ts";
import { releasePlan } from "../support/plans.ts";

function read(total: number, bad: number, active: { total: number; bad: number } | null = null): Measurement {
  return { status: "read", periods: [{ candidate: { total, bad }, active }], coverage: { pods: 2, podsRead: 2 } };
}

function measured(total: number, bad: number): StepMeasurement {
  const errorRate = read(total, bad, { total: 9 * total, bad: 0 });
  return { errorRate, latency: read(total, 0), custom: { refunds: read(total, bad) } };
}

function periodsOf(measurement: Measurement | undefined): number {
  return measurement?.status === "read" ? measurement.periods.length : 0;
}

describe("the periods of a step", () => {
  const plan = releasePlan();

  /** Bad requests, in one measurement each, until the step fails; `null` when 40 are not enough. */
  function neededAfter(good: number, divide: (measurement: StepMeasurement) => StepMeasurement): number | null {
    for (let total = 100; total <= good; total += 100) divide(measured(total, 0));
    for (let bad = 1; bad <= 40; bad += 1) {
      const { action } = judgeStep([], divide(measured(good + bad, bad)), plan, -1);
      if (action.kind === "rollback") return bad;
    }
    return null;
  }

  it("let a fault be found that begins after 20,000 good requests, where one sum would hide it", () => {
    const periods = new StepPeriods();
    const divided = neededAfter(20_000, (measurement) => periods.divide(measurement));
    assert.ok(divided !== null && divided <= 16, String(divided));
    assert.equal(
      neededAfter(20_000, (measurement) => measurement),
      null,
    );
  });

  it("are kept per metric, and sum up to what was measured", () => {
    const periods = new StepPeriods();
    periods.divide(measured(1_000, 0));
    const divided = periods.divide(measured(2_500, 3));
    assert.deepEqual(divided.errorRate, {
      status: "read",
      periods: [
        { candidate: { total: 1_000, bad: 0 }, active: { total: 9_000, bad: 0 } },
        { candidate: { total: 1_500, bad: 3 }, active: { total: 13_500, bad: 0 } },
      ],
      coverage: { pods: 2, podsRead: 2 },
    });
    assert.deepEqual([periodsOf(divided.latency), periodsOf(divided.custom.refunds)], [2, 2]);
  });

  it("survive a measurement that could not be made", () => {
    const periods = new StepPeriods();
    const away = { status: "unavailable", problem: { kind: "timeout", detail: "no answer" } } as const;
    periods.divide(measured(1_000, 0));
    assert.deepEqual(periods.divide({ ...measured(1_200, 0), errorRate: away }).errorRate, away);
    assert.equal(periodsOf(periods.divide(measured(2_000, 0)).errorRate), 2);
  });
});
