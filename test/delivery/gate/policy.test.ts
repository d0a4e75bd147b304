import assert from "node:assert/strict";
import type { Judged, MetricPolicy } from "../../../delivery/gate/policy.ts";
import { decideGuard, decideStep } from "../../../delivery/gate/policy.ts";
import type { Verdict } from "../../../delivery/gate/verdict.ts";
import { judge } from "../../../delivery/gate/verdict.ts";

const production: MetricPolicy = {
  onBreach: "rollback",
  onNoData: "rollback",
  onUnavailable: "hold",
  breachReason: "high_error_rate",
};
const staging: MetricPolicy = { ...production, onBreach: "warn", onNoData: "warn", onUnavailable: "warn" };

function verdictOf(total: number, bad: number, active: { total: number; bad: number } | null = null): Verdict {
  const periods = [{ candidate: { total, bad }, active }];
  return judge({ status: "read", periods, coverage: { pods: 1, podsRead: 1 } }, { threshold: 0.001 });
}
const pass = verdictOf(1000, 0);
const fail = verdictOf(100, 100);
const quiet = verdictOf(0, 0);
const few = verdictOf(5, 0);
const shared = verdictOf(200, 40, { total: 1800, bad: 360 });
const unavailable = judge({ status: "unavailable", problem: { kind: "timeout", detail: "" } }, { threshold: 0.001 });

const one = (verdict: Verdict, policy = production): readonly Judged[] => [{ metric: "errors", verdict, policy }];

describe("the gate at a step's end", () => {
  it("proceeds, without a word, when every metric passes", () => {
    assert.deepEqual(decideStep([...one(pass), ...one(pass)], false), { kind: "proceed", causes: [] });
  });

  it("acts on a breach at once, as the metric's policy says", () => {
    for (const [response, action] of [
      ["rollback", "rollback"],
      ["hold", "hold"],
      ["warn", "proceed"],
    ] as const) {
      assert.deepEqual(decideStep(one(fail, { ...production, onBreach: response }), false), {
        kind: action,
        causes: [{ metric: "errors", reason: "high_error_rate", response }],
      });
    }
  });

  it("waits for data until the deadline, then does what the policy for missing data says", () => {
    for (const [verdict, reason] of [
      [quiet, "no_traffic"],
      [few, "too_few_requests"],
    ] as const) {
      assert.deepEqual(decideStep(one(verdict), false), {
        kind: "wait",
        causes: [{ metric: "errors", reason, response: "wait" }],
      });
      assert.equal(decideStep(one(verdict), true).kind, "rollback");
      assert.equal(decideStep(one(verdict, staging), true).kind, "proceed");
    }
  });

  it("never proceeds on an error before the deadline, and after it only where the stack wants to be warned", () => {
    assert.equal(decideStep(one(unavailable, staging), false).kind, "wait");
    assert.equal(decideStep(one(unavailable), true).kind, "hold");
    assert.deepEqual(decideStep(one(unavailable, staging), true), {
      kind: "proceed",
      causes: [{ metric: "errors", reason: "metrics_unavailable", response: "warn" }],
    });
  });

  it("waits out a shared fault and then asks a person, unless told otherwise", () => {
    assert.equal(shared.kind, "HOLD");
    assert.equal(decideStep(one(shared), false).kind, "wait");
    assert.deepEqual(decideStep(one(shared), true), {
      kind: "hold",
      causes: [{ metric: "errors", reason: "shared_fault", response: "hold" }],
    });
    assert.equal(decideStep(one(shared, { ...production, onSharedFault: "rollback" }), true).kind, "rollback");
  });

  it("takes the strictest of several metrics and names all causes", () => {
    const latency: Judged = { metric: "latency", verdict: fail, policy: { ...staging, breachReason: "high_latency" } };
    const action = decideStep([...one(unavailable), latency, ...one(fail)], false);
    assert.equal(action.kind, "rollback");
    assert.deepEqual(
      action.causes.map(({ reason, response }) => [reason, response]),
      [
        ["metrics_unavailable", "wait"],
        ["high_latency", "warn"],
        ["high_error_rate", "rollback"],
      ],
    );
    assert.equal(decideStep([...one(few), latency], false).kind, "wait");
  });
});

describe("the guard", () => {
  it("acts on a breach only: neither quiet minutes nor failed reads move anything", () => {
    for (const verdict of [pass, quiet, few, shared, unavailable]) {
      assert.deepEqual(decideGuard(one(verdict)), { kind: "proceed", causes: [] });
    }
    assert.equal(decideGuard([...one(unavailable), ...one(fail)]).kind, "rollback");
    assert.equal(decideGuard(one(fail, staging)).kind, "proceed");
  });
});
