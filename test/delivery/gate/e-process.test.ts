import assert from "node:assert/strict";
import fc from "fast-check";
import type { Counts } from "../../../delivery/gate/counts.ts";
import {
  EProcess,
  LATE_SHARE,
  logEvidence,
  logEValue,
  logSpaced,
  logSumExp,
  thresholdTest,
} from "../../../delivery/gate/e-process.ts";
import { near } from "./near.ts";

const test = thresholdTest(0.001);
const rates = fc.double({ min: 0.0001, max: 0.3, noNaN: true });
const increments = fc.tuple(fc.nat(500), fc.nat(500)).map(([good, bad]): Counts => ({ total: good + bad, bad }));

describe("the e-process", () => {
  it("is a mean over 40 log-spaced alternatives of the likelihood ratio, in which higher ones weigh less", () => {
    const [nullRate, total, bad] = [0.001, 60, 3];
    let sum = 0;
    let weights = 0;
    for (let index = 0; index < 40; index += 1) {
      const rate = 0.002 * (0.999 / 0.002) ** (index / 39);
      const weight = rate ** -0.25;
      sum += weight * (rate / nullRate) ** bad * ((1 - rate) / (1 - nullRate)) ** (total - bad);
      weights += weight;
    }
    near(logEValue(test, { total, bad }), Math.log(sum / weights), 1e-9);
  });

  it("is a mixture: its weights add up to 1, for every threshold", () => {
    for (const rate of [0.0001, 0.001, 0.05, 0.9])
      near(logSumExp(thresholdTest(rate).map(({ logWeight }) => logWeight)), 0, 1e-12);
  });

  it("starts at 1", () => {
    near(logEValue(test, { total: 0, bad: 0 }), 0, 1e-12);
    near(logEvidence(test, []), 0, 1e-12);
    near(new EProcess(test).logE, 0, 1e-12);
  });

  it("reaches 100 with the second of two bad requests, and not with the first of one at 1 %", () => {
    assert.ok(logEValue(test, { total: 2, bad: 2 }) >= Math.log(100));
    assert.ok(logEValue(thresholdTest(0.01), { total: 1, bad: 1 }) < Math.log(100));
  });

  it("stays finite after a hundred million requests, all good or all bad", () => {
    for (const bad of [0, 50, 1e8]) assert.ok(Number.isFinite(logEValue(test, { total: 1e8, bad })));
  });

  it("says the same piece by piece and from totals", () => {
    fc.assert(
      fc.property(fc.array(fc.array(increments, { maxLength: 5 }), { maxLength: 6 }), rates, (periods, threshold) => {
        const alternatives = thresholdTest(threshold);
        const process = new EProcess(alternatives);
        periods.forEach((pieces, index) => {
          if (index > 0) process.nextPeriod();
          for (const piece of pieces) process.observe(piece);
        });
        const totals = periods.map((pieces) => ({
          total: pieces.reduce((sum, { total }) => sum + total, 0),
          bad: pieces.reduce((sum, { bad }) => sum + bad, 0),
        }));
        const fromTotals = logEvidence(alternatives, totals);
        near(process.logE, fromTotals, 1e-7 * Math.max(1, Math.abs(fromTotals)));
      }),
    );
  });

  it("is GATE.md's formula when nothing is kept for late faults", () => {
    fc.assert(
      fc.property(increments, (counts) => {
        const process = new EProcess(test, 0);
        process.observe(counts);
        near(process.logE, logEValue(test, counts), 1e-7 * Math.max(1, counts.total));
      }),
    );
  });

  it("gives 5 % of its evidence to faults that begin after the first period", () => {
    const counts = { total: 40, bad: 8 };
    const onTime = (1 - LATE_SHARE) * Math.exp(logEValue(test, counts)) + LATE_SHARE;
    near(logEvidence(test, [counts]), Math.log(onTime), 1e-9);
    // The second start of the mixture has half of the late share; after a period without requests both see the same.
    const later = onTime + (LATE_SHARE / 2) * (Math.exp(logEValue(test, counts)) - 1);
    near(logEvidence(test, [{ total: 0, bad: 0 }, counts]), Math.log(later), 1e-9);
  });

  it("grows when a good request turns bad, in any period", () => {
    fc.assert(
      fc.property(fc.array(increments, { minLength: 1, maxLength: 5 }), fc.nat(), (periods, choice) => {
        const at = choice % periods.length;
        const worse = periods.map((period, index) =>
          index === at && period.bad < period.total ? { ...period, bad: period.bad + 1 } : period,
        );
        assert.ok(logEvidence(test, worse) >= logEvidence(test, periods) - 1e-9);
      }),
    );
  });

  it("is expected to be at most 1 after the next request, whatever came before, at any rate up to the threshold", () => {
    fc.assert(
      fc.property(increments, fc.double({ min: 0, max: 1, noNaN: true }), (seen, part) => {
        const rate = 0.001 * part;
        const bad = Math.exp(
          logEvidence(test, [{ total: seen.total + 1, bad: seen.bad + 1 }]) - logEvidence(test, [seen]),
        );
        const good = Math.exp(
          logEvidence(test, [{ total: seen.total + 1, bad: seen.bad }]) - logEvidence(test, [seen]),
        );
        assert.ok(rate * bad + (1 - rate) * good <= 1 + 1e-7);
      }),
    );
  });

  it("refuses a threshold that is no share", () => {
    for (const rate of [0, -0.1, 0.999, 1, 2, NaN, Infinity]) assert.throws(() => thresholdTest(rate), RangeError);
  });

  it("has alternatives above every threshold, also where its double is above 1", () => {
    for (const rate of [0.001, 0.3, 0.5, 0.9, 0.99]) {
      for (const alternative of thresholdTest(rate)) assert.ok(alternative.logRatio({ total: 1, bad: 1 }) > 0);
    }
  });
});

describe("log-space helpers", () => {
  it("add terms without overflow", () => {
    near(logSumExp([1000, 1000]), 1000 + Math.LN2, 1e-12);
    assert.equal(logSumExp([-Infinity, 3]), 3);
    assert.equal(logSumExp([]), -Infinity);
  });

  it("space numbers by a constant ratio, both ends included", () => {
    const [first, second, third, ...rest] = logSpaced(0.01, 1, 3);
    near(first!, 0.01, 1e-15);
    near(second!, 0.1, 1e-15);
    assert.equal(third, 1);
    assert.deepEqual(rest, []);
  });
});
