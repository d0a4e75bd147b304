import assert from "node:assert/strict";
import fc from "fast-check";
import { logGamma, regularisedBeta } from "../../../delivery/gate/beta.ts";
import { atLeast, cleanRequestsToProve, clopperPearsonUpper, criticalBad } from "../../../delivery/gate/binomial.ts";
import { near } from "./near.ts";

describe("the special functions", () => {
  it("give ln Γ as factorials do, and at one half", () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n += 1) {
      near(logGamma(n), Math.log(factorial), 1e-12 * Math.max(1, Math.log(factorial)));
      factorial *= n;
    }
    near(logGamma(0.5), Math.log(Math.sqrt(Math.PI)), 1e-13);
    near(logGamma(0.1), 2.252712651734206, 1e-12);
    near(logGamma(1e6), 12_815_504.56915, 1e-5);
  });

  it("give I_x(1, b) and I_x(a, 1) as their closed forms", () => {
    for (const x of [0, 0.001, 0.2, 0.5, 0.97, 1]) {
      near(regularisedBeta(x, 1, 7), 1 - (1 - x) ** 7, 1e-13);
      near(regularisedBeta(x, 7, 1), x ** 7, 1e-13);
    }
  });

  it("are symmetric: I_x(a, b) = 1 − I_{1−x}(b, a)", () => {
    const shape = fc.double({ min: 0.5, max: 500, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), shape, shape, (x, a, b) => {
        near(regularisedBeta(x, a, b), 1 - regularisedBeta(1 - x, b, a), 1e-10);
      }),
    );
  });
});

describe("the exact binomial tail", () => {
  it("equals the sum of its terms", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.nat(60),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (n, x, p) => {
          let tail = 0;
          let term = (1 - p) ** n;
          for (let k = 0; k <= n; k += 1) {
            if (k >= x) tail += term;
            term *= ((n - k) / (k + 1)) * (p / (1 - p));
          }
          near(atLeast(x, n, p), tail, 1e-9);
        },
      ),
    );
  });
});

describe("GATE.md's table of looking once", () => {
  // Per row: requests a look; then in percent the plain threshold's false alarms at 0.05 % and what it finds at 1 %; then for the
  // exact test the errors needed, its false alarms, and what it finds at 1 % and at 5 %.
  const rows = [
    { requests: 100, alarm: 4.9, finds: 63, needed: 2, exactAlarm: 0.12, exactFinds: [26, 96] },
    { requests: 600, alarm: 25.9, finds: 99.8, needed: 4, exactAlarm: 0.03, exactFinds: [85, 100] },
    { requests: 1000, alarm: 9.0, finds: 100, needed: 5, exactAlarm: 0.02, exactFinds: [97, 100] },
    { requests: 3000, alarm: 6.6, finds: 100, needed: 9, exactAlarm: 0.005, exactFinds: [100, 100] },
  ] as const;
  for (const { requests, alarm, finds, needed, exactAlarm, exactFinds } of rows) {
    it(`holds at ${requests} requests a look`, () => {
      // errors / total > 0.1 %
      const plain = Math.floor(requests * 0.001) + 1;
      near(100 * atLeast(plain, requests, 0.0005), alarm, 0.06);
      near(100 * atLeast(plain, requests, 0.01), finds, 0.5);
      const exact = criticalBad(requests, 0.001, 0.01);
      assert.equal(exact, needed);
      near(100 * atLeast(exact, requests, 0.0005), exactAlarm, 0.006);
      near(100 * atLeast(exact, requests, 0.01), exactFinds[0], 0.6);
      near(100 * atLeast(exact, requests, 0.05), exactFinds[1], 0.6);
    });
  }

  it("rolls back 98.9 % of healthy canaries in fifteen looks of 600 requests", () => {
    near(100 * (1 - (1 - atLeast(1, 600, 0.0005)) ** 15), 98.9, 0.05);
  });
});

describe("the Clopper-Pearson upper limit", () => {
  it("has its closed form without a bad request: 1 − (1 − confidence)^(1/n)", () => {
    for (const total of [1, 8, 300, 100_000])
      near(clopperPearsonUpper({ total, bad: 0 }), 1 - 0.01 ** (1 / total), 1e-12);
  });

  it("agrees with published values: 5 of 10 at 97.5 % is 0.8129, 1 of 100 at 95 % is 0.0466", () => {
    near(clopperPearsonUpper({ total: 10, bad: 5 }, 0.975), 0.8129, 5e-5);
    near(clopperPearsonUpper({ total: 100, bad: 1 }, 0.95), 0.0466, 5e-5);
  });

  it("is 1 when nothing was seen or everything is bad", () => {
    assert.equal(clopperPearsonUpper({ total: 0, bad: 0 }), 1);
    assert.equal(clopperPearsonUpper({ total: 7, bad: 7 }), 1);
  });

  it("is the rate at which so few bad requests are as unlikely as 1 %", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(5000), (total, some) => {
        const bad = some % total;
        near(1 - atLeast(bad + 1, total, clopperPearsonUpper({ total, bad })), 0.01, 1e-8);
      }),
    );
  });
});

describe("how many clean requests prove a threshold", () => {
  it("is what GATE.md says, 2,994.2: the 2,994th does not quite prove 0.1 % at 95 %, the next one does", () => {
    assert.equal(cleanRequestsToProve(0.001), 2995);
    near(clopperPearsonUpper({ total: 2994, bad: 0 }, 0.95), 0.001, 1e-7);
    assert.ok(clopperPearsonUpper({ total: 2994, bad: 0 }, 0.95) > 0.001);
    assert.ok(clopperPearsonUpper({ total: 2995, bad: 0 }, 0.95) <= 0.001);
  });
});
