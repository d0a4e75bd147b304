import assert from "node:assert/strict";
import fc from "fast-check";
import { replicaCounts } from "../../../delivery/router/replica-counts.ts";

describe("the pods for a share", () => {
  for (const [percent, replicas, candidate, share] of [
    [0, 3, 3, 0],
    [100, 3, 3, 100],
    [10, 1, 1, 50],
    [10, 3, 1, 25],
    [10, 9, 1, 10],
    [10, 10, 1, 100 / 11],
    [10, 20, 2, 200 / 22],
    [25, 3, 1, 25],
    [30, 3, 1, 25],
    [40, 3, 2, 40],
    [50, 1, 1, 50],
    [50, 3, 3, 50],
    [50, 20, 20, 50],
    [90, 3, 3, 50],
    [1, 100, 1, 100 / 101],
  ] as const)
    it(`for ${percent} % beside ${replicas} are ${candidate}, which is ${share.toFixed(1)} %`, () => {
      assert.deepEqual(replicaCounts(percent, replicas), { active: replicas, candidate, percent: share });
    });

  it("never take one from the slot that serves, and never are more than it has", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 60 }), (percent, replicas) => {
        const counts = replicaCounts(percent, replicas);
        assert.equal(counts.active, replicas);
        assert.ok(counts.candidate >= 1 && counts.candidate <= replicas);
        // No other number of pods is nearer.
        for (let other = 1; other <= replicas; other += 1) {
          const share = (100 * other) / (other + replicas);
          assert.ok(Math.abs(counts.percent - percent) <= Math.abs(share - percent) + 1e-9);
        }
      }),
    );
  });

  it("are more for a larger share", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 98 }), fc.integer({ min: 1, max: 60 }), (percent, replicas) => {
        assert.ok(replicaCounts(percent, replicas).candidate <= replicaCounts(percent + 1, replicas).candidate);
      }),
    );
  });

  it("are none for a share or a number that cannot be", () => {
    for (const [percent, replicas] of [
      [-1, 3],
      [101, 3],
      [NaN, 3],
      [10, 0],
      [10, 1.5],
      [10, NaN],
    ] as const)
      assert.throws(() => replicaCounts(percent, replicas), RangeError);
  });
});
