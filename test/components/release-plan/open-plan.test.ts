import assert from "node:assert/strict";
import fc from "fast-check";
import { parseReleasePlanOpenly, type OpenPlan } from "../../../components/release-plan/open-plan.ts";
import { releasePlanSchemaVersion } from "../../../components/release-plan/release-plan.ts";
import { ReleasePlanInvalidError } from "../../../components/release-plan/parse-plan.ts";
import { releasePlan } from "../../delivery/support/plans.ts";

const names = { namespace: "atom-staging", service: "atom" };
const plan = releasePlan();

function parsed(value: unknown): OpenPlan {
  return parseReleasePlanOpenly(typeof value === "string" ? value : JSON.stringify(value), "here", names);
}

describe("a release plan that is read openly", () => {
  it("is the same as one that is read strictly, where this version wrote it", () => {
    assert.deepEqual(parsed(plan), { plan, unread: [] });
  });

  it("of a newer version loses what this one does not know, and names it", () => {
    const newer = {
      ...plan,
      schema: 7,
      regions: ["eu"],
      router: { ...plan.router, mirror: true },
      deadlines: { ...plan.deadlines, drain: "5m" },
      steps: [...plan.steps.slice(0, -1), { percent: 100, wait: 0, region: "eu" }],
      thresholds: { ...plan.thresholds, errorRate: { max: 0.001, policy: "page" } },
    };
    const { plan: read, unread } = parsed(newer);
    assert.deepEqual(unread, [
      "deadlines.drain",
      "regions",
      "router.mirror",
      "schema",
      "steps",
      "thresholds.errorRate.policy",
    ]);
    assert.deepEqual(read, {
      ...plan,
      schema: releasePlanSchemaVersion,
      steps: [{ percent: 100, wait: 0 }],
      thresholds: { ...plan.thresholds, errorRate: { max: 0.001, policy: "rollback" } },
    });
  });

  it("goes by its defaults where a part is of a form that they can stand for, however deep it is", () => {
    const text = JSON.stringify({ ...plan, notifications: 0, deadlines: 0 }).replace(
      '"deadlines":0',
      `"deadlines":${"[".repeat(10_000)}${"]".repeat(10_000)}`,
    );
    const { plan: read, unread } = parsed(text);
    assert.deepEqual([read.deadlines, read.notifications], [releasePlan({ deadlines: {} }).deadlines, null]);
    assert.deepEqual(unread, ["deadlines", "notifications"]);
  });

  it("is refused where it cannot be told how traffic is moved, and where it is no plan", () => {
    const refused: readonly unknown[] = [
      { ...plan, router: { kind: "gateway-api" } },
      { ...plan, port: "http" },
      { ...plan, service: undefined },
      {},
      [],
      "",
      "{",
    ];
    for (const value of refused)
      assert.throws(() => parsed(value), ReleasePlanInvalidError, JSON.stringify(value).slice(0, 80));
  });

  it("is read, or refused by its own error, whatever any part of it is", () => {
    const keys = Object.keys(plan);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys, "other"), fc.jsonValue(), { maxKeys: 6 }), (changes) => {
        try {
          const { plan: read } = parsed({ ...plan, ...changes });
          assert.deepEqual(
            [read.namespace, read.service].every((name) => typeof name === "string"),
            true,
          );
        } catch (error) {
          assert.ok(error instanceof ReleasePlanInvalidError, String(error));
        }
      }),
    );
  });
});
