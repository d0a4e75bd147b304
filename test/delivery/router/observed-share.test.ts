import assert from "node:assert/strict";
import fc from "fast-check";
import type { ServedReading } from "../../../delivery/guard/served.ts";
import { judgeShare, type ShareVerdict } from "../../../delivery/router/observed-share.ts";
import { randomSource } from "../../support/random-source.ts";

/** Readings four times a second; each pair is what the candidate and both slots together served in between. */
function readings(...served: readonly (readonly [candidate: number, total: number])[]): ServedReading[] {
  let last: ServedReading = { at: 0, candidate: 50, active: 500 };
  return [
    last,
    ...served.map(
      ([k, n]) => (last = { at: last.at + 250, candidate: last.candidate + k, active: last.active + n - k }),
    ),
  ];
}

function outcome(
  percent: number,
  others: readonly number[],
  ...served: readonly (readonly [number, number])[]
): ShareVerdict["outcome"] {
  return judgeShare(readings(...served), percent, others).outcome;
}

describe("the observed share", () => {
  it("confirms a weight that fits, once the others do not", () => {
    assert.equal(outcome(10, [0], [3, 30]), "confirmed");
    assert.equal(outcome(10, [0], [1, 10]), "unconfirmed");
    assert.equal(outcome(50, [10], [9, 20]), "confirmed");
    assert.equal(outcome(50, [10], [3, 6]), "unconfirmed");
    assert.equal(outcome(100, [50], [20, 20]), "confirmed");
    assert.equal(outcome(100, [50], [8, 8]), "unconfirmed");
    assert.equal(outcome(0, [10], [0, 100]), "confirmed");
    assert.equal(outcome(0, [10], [0, 40]), "unconfirmed");
  });

  it("is content with the time since the proxies took the weight", () => {
    assert.equal(outcome(50, [10], [1, 13], [2, 12], [6, 12], [7, 13], [6, 12]), "confirmed");
    assert.equal(outcome(0, [50], [6, 12], [7, 13], [0, 12], [0, 13], [0, 12], [0, 12]), "confirmed");
  });

  it("is not content with a moment in which a proxy that follows late had no request", () => {
    // One of many gateways: 4 % of the requests, all of them at the candidate.
    const late = Array.from({ length: 8 }, () => [2, 50] as const);
    assert.equal(outcome(0, [50], [25, 50], ...late, [0, 15]), "unconfirmed");
    const followed = Array.from({ length: 4 }, () => [0, 50] as const);
    assert.equal(outcome(0, [50], [25, 50], ...late, ...followed), "confirmed");
  });

  it("takes no stray request for a leak, and no leak for a stray request", () => {
    assert.equal(outcome(0, [10], [1, 200]), "confirmed");
    assert.equal(outcome(0, [10], [10, 1_000]), "unconfirmed");
  });

  it("contradicts a weight that does not come", () => {
    const stuck = Array.from({ length: 40 }, () => [1, 12] as const);
    const verdict = judgeShare(readings(...stuck), 50, [10]);
    assert.equal(verdict.outcome, "contradicted");
    assert.match(verdict.detail, /^the candidate took 8\.3 % of \d+ requests where 50 % are due$/);
  });

  describe("with callers who stay on the active slot, as many as there may be", () => {
    const among = (percent: number, others: readonly number[], candidate: number, total: number): ShareVerdict =>
      judgeShare(readings(...Array.from({ length: 40 }, () => [candidate, total] as const)), percent, others, {
        othersOnActive: true,
      });

    it("confirms a share between what was before and what is wanted, and says which it is", () => {
      const { outcome, detail, share } = among(50, [10], 40, 120);
      assert.deepEqual([outcome, share?.toFixed(1)], ["confirmed", "33.3"]);
      assert.match(
        detail,
        /^the candidate took 33\.3 % of \d+ requests where 50 % are due: the rest are callers inside the cluster, or/,
      );
      assert.equal(among(10, [0], 1, 20).outcome, "confirmed");
      assert.equal(among(50, [1], 1, 20).outcome, "confirmed");
    });

    it("contradicts what was before, and a share above the wanted one", () => {
      assert.equal(among(50, [10], 1, 12).outcome, "contradicted");
      assert.equal(among(10, [0], 0, 20).outcome, "contradicted");
      assert.equal(among(10, [0], 10, 20).outcome, "contradicted");
      assert.equal(among(10, [50], 6, 12).outcome, "contradicted");
    });

    it("has all of them come along at 0 and at 100 %", () => {
      assert.equal(among(100, [50], 8, 12).outcome, "contradicted");
      assert.equal(among(0, [10], 1, 20).outcome, "contradicted");
      assert.equal(among(100, [50], 12, 12).outcome, "confirmed");
    });
  });

  it("gives the proxies time before it contradicts", () => {
    assert.equal(outcome(50, [10], ...Array.from({ length: 8 }, () => [1, 12] as const)), "unconfirmed");
  });

  it("cannot tell without readings, or requests, or anything to tell it from", () => {
    assert.equal(judgeShare([], 10, [0]).outcome, "unconfirmed");
    assert.equal(outcome(10, [0]), "unconfirmed");
    assert.equal(outcome(10, [0], [0, 0], [0, 0]), "unconfirmed");
    assert.match(judgeShare(readings([0, 0]), 10, []).detail, /too few to tell 10 % from another share/);
  });

  it("never confirms one share while the opposite is what is seen", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 }), (totals) => {
        assert.notEqual(outcome(100, [0, 10, 50], ...totals.map((n) => [0, n] as const)), "confirmed");
        assert.notEqual(outcome(0, [10, 50, 100], ...totals.map((n) => [n, n] as const)), "confirmed");
      }),
    );
  });

  it("confirms a weight that took effect within seconds, and hardly ever one that did not", () => {
    const random = randomSource(20_260_101);
    const draw = (share: number, n: number): number =>
      Array.from({ length: n }, () => random()).filter((one) => one < share).length;
    let early = 0;
    let wrong = 0;
    const runs = 400;
    for (let run = 0; run < runs; run += 1) {
      const taken: (readonly [number, number])[] = [];
      const stuck: (readonly [number, number])[] = [];
      let confirmed = false;
      let deceived = false;
      // 50 requests a second for 5 s, from 10 % to 50 %, read after each quarter of a second.
      for (let reading = 0; reading < 20; reading += 1) {
        taken.push([draw(reading === 0 ? 0.1 : 0.5, 12), 12]);
        stuck.push([draw(0.1, 12), 12]);
        confirmed ||= outcome(50, [10], ...taken) === "confirmed";
        deceived ||= outcome(50, [10], ...stuck) === "confirmed";
      }
      early += confirmed ? 1 : 0;
      wrong += deceived ? 1 : 0;
    }
    assert.ok(early >= 0.99 * runs, `${early} of ${runs} were confirmed`);
    assert.ok(wrong <= 0.01 * runs, `${wrong} of ${runs} were confirmed by mistake`);
  });
});
