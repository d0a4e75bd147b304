import assert from "node:assert/strict";
import { judgePlan, plans, type Plan } from "../../../components/github/plan.ts";

const everything = { reviewers: true, waitTimer: true, ruleset: true };
const nothing = { reviewers: false, waitTimer: false, ruleset: false };

describe("a plan at GitHub", () => {
  it("does not matter to a public repository", () => {
    for (const plan of [...plans, undefined])
      assert.deepEqual(judgePlan({ isPublic: true, plan }, everything), { kind: "enough", features: [] });
  });

  const lacking: Readonly<Record<Plan, readonly string[]>> = {
    free: ["environments", "required reviewers", "wait timers", "rulesets"],
    pro: ["required reviewers", "wait timers"],
    team: ["required reviewers", "wait timers"],
    enterprise: [],
  };
  for (const plan of plans)
    it(`${plan} has for a private repository all but: ${lacking[plan].join(", ") || "nothing"}`, () => {
      const kind = lacking[plan].length === 0 ? "enough" : "not enough";
      assert.deepEqual(judgePlan({ isPublic: false, plan }, everything), { kind, features: lacking[plan] });
    });

  it("is judged by what is asked for alone", () => {
    assert.equal(judgePlan({ isPublic: false, plan: "team" }, nothing).kind, "enough");
    assert.deepEqual(judgePlan({ isPublic: false, plan: "team" }, { ...nothing, waitTimer: true }).features, [
      "wait timers",
    ]);
    assert.deepEqual(judgePlan({ isPublic: false, plan: "free" }, nothing).features, ["environments"]);
  });

  it("that nobody knows is said to be unknown, with what is at stake", () => {
    const verdict = judgePlan({ isPublic: false, plan: undefined }, { ...nothing, reviewers: true });
    assert.deepEqual(verdict, { kind: "unknown", features: ["environments", "required reviewers"] });
  });
});
