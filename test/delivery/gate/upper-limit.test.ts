import assert from "node:assert/strict";
import fc from "fast-check";
import { clopperPearsonUpper } from "../../../delivery/gate/binomial.ts";
import { cleanRequestsToProveAlways, timeUniformUpper } from "../../../delivery/gate/upper-limit.ts";
import { near } from "./near.ts";
import { firstFailure, repeat, seeded } from "./simulation.ts";

describe("the time-uniform upper limit", () => {
  it("is above the exact limit of a single look, and without a bad request by less than 15 %", () => {
    for (const total of [300, 5000, 100_000]) {
      const single = clopperPearsonUpper({ total, bad: 0 });
      const always = timeUniformUpper({ total, bad: 0 }, 0.01);
      assert.ok(always > single && always < 1.15 * single, `${always} against ${single}`);
    }
  });

  it("is 1 when nothing was seen or everything is bad", () => {
    assert.equal(timeUniformUpper({ total: 0, bad: 0 }, 0.01), 1);
    assert.equal(timeUniformUpper({ total: 3, bad: 3 }, 0.01), 1);
  });

  it("lies between the observed rate and 1, falls with good requests and rises with bad ones", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.nat(20_000), (total, some) => {
        const bad = some % total;
        const limit = timeUniformUpper({ total, bad }, 0.01);
        assert.ok(limit > bad / total && limit <= 1);
        assert.ok(timeUniformUpper({ total: total + 1, bad }, 0.01) <= limit + 1e-10);
        assert.ok(timeUniformUpper({ total: total + 1, bad: bad + 1 }, 0.01) >= limit - 1e-10);
      }),
    );
  });

  it("is below the true rate at any of 5,000 looks in at most 1 % of 1,000 releases", () => {
    const random = seeded(5);
    const rate = 0.002;
    // The limit is lowest just before the next bad request.
    const { failedShare } = repeat(1000, () => {
      let bad = 0;
      return firstFailure(random, rate, 5000, ({ total }) => {
        const below = timeUniformUpper({ total: total - 1, bad }, 0.01) < rate;
        bad += 1;
        return below;
      });
    });
    assert.ok(failedShare <= 0.01, String(failedShare));
  });

  it("proves 0.1 % at every look after 4,885 clean requests", () => {
    const requests = cleanRequestsToProveAlways(0.001, 0.01);
    assert.equal(requests, 4885);
    assert.ok(timeUniformUpper({ total: requests, bad: 0 }, 0.01) <= 0.001);
    assert.ok(timeUniformUpper({ total: requests - 1, bad: 0 }, 0.01) > 0.001);
    near(cleanRequestsToProveAlways(0.05, 0.01), 98, 3);
  });
});
