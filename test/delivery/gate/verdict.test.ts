import assert from "node:assert/strict";
import fc from "fast-check";
import type { Counts, Period } from "../../../delivery/gate/counts.ts";
import type { Measurement } from "../../../delivery/gate/measurement.ts";
import type { Verdict } from "../../../delivery/gate/verdict.ts";
import { judge } from "../../../delivery/gate/verdict.ts";

const criterion = { threshold: 0.001, minRequests: 100 };
const slowCriterion = { threshold: 0.05, minRequests: 100 };

function read(candidate: Counts, active: Counts | null = null, podsRead = 2): Measurement {
  return { status: "read", periods: [{ candidate, active }], coverage: { pods: 2, podsRead } };
}
const seen = (total: number, bad: number): Counts => ({ total, bad });
const sound = seen(9000, 3);

function kind(measurement: Measurement, by = criterion): Verdict["kind"] {
  return judge(measurement, by).kind;
}

describe("the verdict", () => {
  it("is NO_TRAFFIC without requests (row 1)", () => {
    assert.equal(kind(read(seen(0, 0), sound)), "NO_TRAFFIC");
  });

  it("is PASS for healthy traffic without a single error (row 2), and says that 0.1 % is not proven yet", () => {
    const verdict = judge(read(seen(1000, 0), sound), criterion);
    assert.ok(verdict.kind === "PASS");
    assert.equal(verdict.proven, false);
    assert.ok(verdict.evidence.upperLimit > 0.001 && verdict.evidence.upperLimit < 0.006);
  });

  it("is a proven PASS after 4,885 clean requests", () => {
    const verdict = judge(read(seen(4885, 0), sound), criterion);
    assert.ok(verdict.kind === "PASS" && verdict.proven);
  });

  it("is FAIL at once when every request fails, with few requests and unread pods (row 3)", () => {
    assert.equal(kind(read(seen(3, 3), seen(27, 0), 0)), "FAIL");
    assert.equal(kind(read(seen(2, 2))), "FAIL");
  });

  it("is never FAIL by one bad request", () => {
    assert.equal(kind(read(seen(1, 1), sound)), "TOO_FEW");
    assert.equal(kind(read(seen(1, 1))), "TOO_FEW");
  });

  it("is TOO_FEW while a pod was not read twice (rows 5 and 13) or reports nothing (row 14), not NO_TRAFFIC or PASS", () => {
    for (const counts of [seen(0, 0), seen(5000, 0)]) {
      const verdict = judge(read(counts, sound, 1), criterion);
      assert.ok(verdict.kind === "TOO_FEW");
      assert.equal(verdict.reason, "pods_not_read");
      assert.equal(verdict.detail, "1 of the candidate's 2 pods were read twice.");
    }
  });

  it("is TOO_FEW below the minimum of requests, and while the window is too short (row 15)", () => {
    const few = judge(read(seen(99, 0), sound), criterion);
    assert.ok(few.kind === "TOO_FEW");
    assert.equal(few.reason, "requests_below_minimum");
    const soon = judge({ status: "too_soon", secondsLeft: 12.2 }, criterion);
    assert.deepEqual(soon, {
      kind: "TOO_FEW",
      reason: "window_too_short",
      evidence: null,
      detail: "The window reaches four scrapes in 13 s.",
    });
  });

  it("is ERROR with its problem when nothing could be read (row 11)", () => {
    const problem = { kind: "timeout", detail: "No answer within 10 s." } as const;
    assert.deepEqual(judge({ status: "unavailable", problem }, criterion), {
      kind: "ERROR",
      reason: "metrics_unavailable",
      problem,
    });
  });

  it("is ERROR for counts that cannot be (row 12), in either slot, however bad they look", () => {
    const impossible = [seen(NaN, 0), seen(Infinity, 5), seen(10, -1), seen(-10, -10), seen(10, 11), seen(10, NaN)];
    for (const counts of impossible) {
      assert.equal(kind(read(counts, sound)), "ERROR");
      assert.equal(kind(read(seen(5000, 5000), counts)), "ERROR");
    }
  });

  it("is FAIL for 5 % errors beside a sound active slot, and HOLD when the active slot has them too", () => {
    assert.equal(kind(read(seen(200, 10), seen(1800, 1))), "FAIL");
    const shared = judge(read(seen(200, 10), seen(1800, 90)), criterion);
    assert.ok(shared.kind === "HOLD");
    assert.equal(shared.reason, "shared_fault");
  });

  it("is TOO_FEW, not PASS, above the threshold but not told apart from an active slot of which too little is known", () => {
    const verdict = judge(read(seen(150, 4), seen(20, 0)), criterion);
    assert.ok(verdict.kind === "TOO_FEW");
    assert.equal(verdict.reason, "comparison_pending");
  });

  it("judges slow requests in the same way: 5 % slow passes for a P95, 20 % fails, and waits with a slow active slot", () => {
    assert.equal(kind(read(seen(1000, 50), seen(9000, 200)), slowCriterion), "PASS");
    assert.equal(kind(read(seen(1000, 200), seen(9000, 200)), slowCriterion), "FAIL");
    assert.equal(kind(read(seen(1000, 200), seen(9000, 1800)), slowCriterion), "HOLD");
  });

  it("keeps what it was reached by, all finite, so that it survives JSON", () => {
    const verdict = judge(read(seen(200, 10), seen(1800, 1)), criterion);
    assert.ok(verdict.kind === "FAIL");
    const { evidence } = verdict;
    assert.deepEqual(JSON.parse(JSON.stringify(verdict)), verdict);
    assert.deepEqual([evidence.candidate, evidence.active], [seen(200, 10), seen(1800, 1)]);
    assert.ok(evidence.logBreach >= evidence.logLimit);
    assert.ok(evidence.logBlame !== null && evidence.logBlame >= evidence.logBlameLimit);
    assert.ok(evidence.logActiveBreach !== null && evidence.logActiveBreach < 0);
    assert.ok(evidence.activeUpperLimit !== null && evidence.activeUpperLimit < 0.004);
  });

  it("changes with the threshold when judged again, as a replay does", () => {
    const measurement = read(seen(1000, 12), seen(9000, 4));
    assert.equal(kind(measurement), "FAIL");
    assert.equal(kind(measurement, { ...criterion, threshold: 0.02 }), "PASS");
  });

  it("refuses a criterion that is no share", () => {
    assert.throws(() => judge(read(seen(1, 0)), { threshold: 1 }), RangeError);
    assert.throws(() => judge(read(seen(1, 0)), { threshold: 0.01, alpha: 0 }), RangeError);
  });

  describe("for any counts", () => {
    const counts = (most: number) =>
      fc.tuple(fc.nat(most), fc.nat(Math.ceil(most / 20))).map(([good, bad]): Counts => seen(good + bad, bad));
    const periods = fc.array(fc.record({ candidate: counts(400), active: fc.option(counts(4000), { freq: 4 }) }), {
      minLength: 1,
      maxLength: 4,
    });
    const thresholds = fc.constantFrom(0.001, 0.01, 0.05);

    function withPeriod(
      all: readonly Period[],
      choice: number,
      change: (candidate: Counts) => Counts,
    ): readonly Period[] {
      const at = choice % all.length;
      return all.map((period, index) => (index === at ? { ...period, candidate: change(period.candidate) } : period));
    }
    const coverage = { pods: 1, podsRead: 1 };

    it("is never turned from FAIL to PASS by more errors: it is still FAIL when more of the candidate's requests turn bad", () => {
      fc.assert(
        fc.property(periods, fc.nat(), fc.integer({ min: 1, max: 50 }), thresholds, (all, choice, more, threshold) => {
          const before = judge({ status: "read", periods: all, coverage }, { threshold });
          const worse = withPeriod(all, choice, ({ total, bad }) => seen(total, Math.min(total, bad + more)));
          const after = judge({ status: "read", periods: worse, coverage }, { threshold });
          if (before.kind === "FAIL") assert.equal(after.kind, "FAIL");
        }),
        { numRuns: 300 },
      );
    });

    it("is never PASS after more requests that are all bad when it was FAIL or HOLD before", () => {
      fc.assert(
        fc.property(periods, fc.nat(), fc.integer({ min: 1, max: 50 }), thresholds, (all, choice, more, threshold) => {
          const by = { threshold, minRequests: 1 };
          const before = judge({ status: "read", periods: all, coverage }, by);
          const worse = withPeriod(all, choice, ({ total, bad }) => seen(total + more, bad + more));
          const after = judge({ status: "read", periods: worse, coverage }, by);
          if (before.kind === "FAIL" || before.kind === "HOLD") assert.notEqual(after.kind, "PASS");
        }),
        { numRuns: 300 },
      );
    });

    it("is PASS only with enough requests and every pod read", () => {
      fc.assert(
        fc.property(periods, fc.nat(3), thresholds, (all, podsRead, threshold) => {
          const verdict = judge({ status: "read", periods: all, coverage: { pods: 2, podsRead } }, { threshold });
          if (verdict.kind !== "PASS") return;
          assert.ok(podsRead >= 2 && verdict.evidence.candidate.total >= 100);
          assert.ok(verdict.evidence.logBreach < verdict.evidence.logLimit);
        }),
        { numRuns: 300 },
      );
    });
  });
});
