import assert from "node:assert/strict";
import fc from "fast-check";
import { blameTest, nearestNull, OWN_SHARE } from "../../../delivery/gate/comparison.ts";
import type { Period } from "../../../delivery/gate/counts.ts";
import { logEvidence, logSumExp } from "../../../delivery/gate/e-process.ts";
import { near } from "./near.ts";

const threshold = 0.001;
const own = OWN_SHARE * threshold;
const test = blameTest(threshold);
const share = fc.double({ min: 0, max: 1, noNaN: true });
const open = fc.double({ min: 0.0005, max: 0.9995, noNaN: true });

const periods = fc
  .tuple(fc.nat(300), fc.nat(300), fc.nat(3000), fc.nat(3000))
  .map(([good, bad, activeGood, activeBad]): Period => ({
    candidate: { total: good + bad, bad },
    active: { total: activeGood + activeBad, bad: activeBad },
  }));

describe("the blame test", () => {
  it("is a mixture: its weights add up to 1", () => {
    near(logSumExp(test.map(({ logWeight }) => logWeight)), 0, 1e-12);
  });

  it("is expected to multiply by at most 1 with a request, wherever in the null the rates are", () => {
    fc.assert(
      fc.property(open, open, share, share, share, (candidate, active, split, shared, part) => {
        // Only alternatives outside the null.
        fc.pre(1 - candidate < (1 - active) * (1 - own));
        const point = nearestNull({ candidate, active }, split, own);
        const ratio = (rate: number, nullRate: number, trueRate: number) =>
          (trueRate * rate) / nullRate + ((1 - trueRate) * (1 - rate)) / (1 - nullRate);
        const trueCandidate = part * (1 - (1 - shared) * (1 - own));
        const expected =
          split * ratio(candidate, point.candidate, trueCandidate) + (1 - split) * ratio(active, point.active, shared);
        assert.ok(expected <= 1 + 1e-8, String(expected));
      }),
      { numRuns: 2000 },
    );
  });

  it("takes a null point between the alternative's rates, at the margin of the threshold's quarter", () => {
    const point = nearestNull({ candidate: 1, active: 0.0005 }, 0.1, own);
    near(0.1 / point.candidate + (0.9 * 0.0005) / point.active, 1, 1e-12);
    near(1 - point.candidate, (1 - point.active) * (1 - own), 1e-12);
  });

  it("has no evidence without requests of either slot, and never when only one of them served", () => {
    const nothing = { total: 0, bad: 0 };
    near(logEvidence(test, [{ candidate: nothing, active: nothing }]), 0, 1e-9);
    near(logEvidence(test, [{ candidate: nothing, active: { total: 500, bad: 3 } }]), 0, 1e-9);
    near(logEvidence(test, [{ candidate: { total: 50, bad: 50 }, active: nothing }]), 0, 1e-9);
  });

  it("never blames a candidate whose observed rate is at most the active slot's", () => {
    fc.assert(
      fc.property(periods, ({ candidate, active }) => {
        fc.pre(active !== null && candidate.bad * active.total <= active.bad * candidate.total);
        assert.ok(logEvidence(test, [{ candidate, active }]) <= 1e-9);
      }),
    );
  });

  it("grows when a good request of the candidate turns bad, and shrinks when one of the active slot does", () => {
    fc.assert(
      fc.property(periods, ({ candidate, active }) => {
        fc.pre(active !== null && candidate.bad < candidate.total && active.bad < active.total);
        const before = logEvidence(test, [{ candidate, active }]);
        const worse = logEvidence(test, [{ candidate: { ...candidate, bad: candidate.bad + 1 }, active }]);
        const excused = logEvidence(test, [{ candidate, active: { ...active, bad: active.bad + 1 } }]);
        assert.ok(worse >= before - 1e-9);
        assert.ok(excused <= before + 1e-9);
      }),
    );
  });

  it("judges a period without an active slot by the threshold alone", () => {
    assert.ok(logEvidence(test, [{ candidate: { total: 3, bad: 3 }, active: null }]) > Math.log(200));
    assert.ok(logEvidence(test, [{ candidate: { total: 3000, bad: 1 }, active: null }]) < 0);
  });

  it("works for high thresholds too, and refuses what is no share", () => {
    for (const rate of [0.05, 0.5, 0.9]) {
      const period: Period = { candidate: { total: 500, bad: 500 }, active: { total: 4500, bad: 0 } };
      assert.ok(logEvidence(blameTest(rate), [period]) > Math.log(200));
    }
    assert.throws(() => blameTest(0), RangeError);
  });
});
