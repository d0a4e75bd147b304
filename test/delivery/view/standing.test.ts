import assert from "node:assert/strict";
import { addSnapshot, judgeGuard, noEvidence } from "../../../delivery/release/judging.ts";
import type { GuardSnapshot } from "../../../delivery/release/ports.ts";
import { standingOf } from "../../../delivery/view/standing.ts";
import { plan, reading, slot } from "./models.ts";

/** Two readings of the guard at 10 %: none, then these counts. */
function evidenceOf(snapshot: GuardSnapshot) {
  const first = addSnapshot(noEvidence, reading(0, slot(0, 0, 0), slot(0, 0, 0)), 10, false);
  return addSnapshot(first, snapshot, 10, false);
}

function verdictOn(snapshot: GuardSnapshot, metric: string): string | undefined {
  return judgeGuard(evidenceOf(snapshot), snapshot, plan).judged.find((one) => one.metric === metric)?.verdict.kind;
}

describe("the standing of a candidate", () => {
  for (const [requests, errors] of [
    [10, 0],
    [96, 1],
    [5_000, 2],
  ] as const)
    it(`is the guard's own limit: after ${errors} of ${requests} the last request that would still pass, and the first that would not`, () => {
      const active = slot(9 * requests, 0, 0);
      const now = reading(10, slot(requests, errors, 0), active);
      const { limit } = standingOf(evidenceOf(now), now, plan).errors!;
      assert.ok(limit !== null);
      const withErrors = (all: number) => reading(10, slot(requests + all - errors, all, 0), active);
      assert.equal(verdictOn(withErrors(limit), "errorRate"), "FAIL");
      assert.notEqual(verdictOn(withErrors(limit - 1), "errorRate"), "FAIL");
    });

  it("says when the breach is there", () => {
    const now = reading(10, slot(100, 40, 0), slot(900, 0, 0));
    const { errors, slow } = standingOf(evidenceOf(now), now, plan);
    assert.deepEqual([errors?.breached, errors?.limit, slow?.breached], [true, 40, false]);
  });

  it("is unknown where the active slot is in the same trouble, for as long as nobody would blame the candidate", () => {
    const now = reading(10, slot(1_000, 1_000, 0), slot(9_000, 9_000, 0));
    assert.equal(standingOf(evidenceOf(now), now, plan).errors?.limit, null);
  });
});
