import assert from "node:assert/strict";
import { withCanaryVariables } from "../../../delivery/plan/canary-variables.ts";
import { releasePlan } from "../support/plans.ts";

const plan = releasePlan({
  steps: [
    { percent: 10, wait: 20_000 },
    { pause: "approval", deadline: 600_000 },
    { percent: 100, wait: 30_000 },
  ],
});

describe("the canary's variables", () => {
  it("leave the plan as it is where they are unset or empty", () => {
    assert.equal(withCanaryVariables(plan, {}), plan);
    assert.equal(withCanaryVariables(plan, { CANARY_STEPS: "", CANARY_WAIT_TIME: "" }), plan);
  });

  it("replace all steps, each with the wait that is asked for or the plan's first", () => {
    const steps = [5, 25, 100];
    assert.deepEqual(
      withCanaryVariables(plan, { CANARY_STEPS: "5, 25,100", CANARY_WAIT_TIME: "300" }).steps,
      steps.map((percent) => ({ percent, wait: 300_000 })),
    );
    assert.deepEqual(
      withCanaryVariables(plan, { CANARY_STEPS: "5,25,100" }).steps,
      steps.map((percent) => ({ percent, wait: 20_000 })),
    );
  });

  it("change the waits alone, and no approval", () => {
    assert.deepEqual(withCanaryVariables(plan, { CANARY_WAIT_TIME: "1" }).steps, [
      { percent: 10, wait: 1_000 },
      { pause: "approval", deadline: 600_000 },
      { percent: 100, wait: 1_000 },
    ]);
  });

  for (const [name, value, told] of [
    ["CANARY_STEPS", "10,50", /must be percent 100/],
    ["CANARY_STEPS", "50,10,100", /10 must be above the 50/],
    ["CANARY_STEPS", "ten,100", /Allowed: growing percents/],
    ["CANARY_STEPS", "10,,100", /Allowed: growing percents/],
    ["CANARY_WAIT_TIME", "5m", /Allowed: whole seconds/],
    ["CANARY_WAIT_TIME", "-1", /Allowed: whole seconds/],
  ] as const)
    it(`are refused, with what is allowed: ${name}=${value}`, () => {
      assert.throws(() => withCanaryVariables(plan, { [name]: value }), { name: "CanaryVariableError", message: told });
    });
});
