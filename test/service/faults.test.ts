import assert from "node:assert/strict";
import fc from "fast-check";
import { FaultPlan, faultsSchema } from "../../service/src/faults.ts";

const route = "/api/skills";

describe("A plan of faults", () => {
  it("fails exactly the share of requests that it is told, whatever their number", () => {
    const shares = fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000);
    fc.assert(
      fc.property(shares, fc.integer({ min: 1, max: 2000 }), (errorShare, requests) => {
        const plan = new FaultPlan(faultsSchema.parse({ errorShare }));
        const failed = Array.from({ length: requests }, () => plan.next(route)).filter(({ status }) => status === 500);
        assert.equal(failed.length, Math.floor((requests * Math.round(errorShare * 1000)) / 1000));
      }),
    );
  });

  it("spaces faults evenly", () => {
    const plan = new FaultPlan(faultsSchema.parse({ errorShare: 0.25, errorStatus: 503 }));
    const statuses = Array.from({ length: 8 }, () => plan.next(route).status);
    assert.deepEqual(statuses, [undefined, undefined, undefined, 503, undefined, undefined, undefined, 503]);
  });

  it("leaves faults to chance where it is asked to: each request has its own", () => {
    const chances = [0.3, 0.09, 0.1, 0.05];
    const plan = new FaultPlan(
      faultsSchema.parse({ errorShare: 0.1, routes: [route], spacing: "random" }),
      () => chances.shift() ?? 1,
    );
    // Latency is drawn first, then the error.
    const statuses = [plan.next(route).status, plan.next(route).status];
    assert.deepEqual(statuses, [500, 500]);
    assert.equal(plan.next(route).status, undefined);
  });

  it("may slow requests down without failing any", () => {
    const plan = new FaultPlan(faultsSchema.parse({ latencyMs: 300, latencyShare: 0.5 }));
    assert.deepEqual(
      [plan.next(route), plan.next(route)],
      [
        { delayMs: 0, status: undefined },
        { delayMs: 300, status: undefined },
      ],
    );
  });

  it("spares requests with a header, so that a version can pass its smoke test and fail its users", () => {
    const plan = new FaultPlan(faultsSchema.parse({ errorShare: 1, exceptHeader: "x-canary" }));
    assert.equal(plan.next(route, ["host", "x-canary"]).status, undefined);
    assert.equal(plan.next(route, ["host"]).status, 500);
  });

  it("leaves alone what is not under /api, unless it is named", () => {
    const everything = { errorShare: 1, latencyMs: 5 };
    const plan = new FaultPlan(faultsSchema.parse(everything));
    for (const other of ["/health/ready", "/metrics", undefined])
      assert.deepEqual(plan.next(other), { delayMs: 0, status: undefined });
    const named = new FaultPlan(faultsSchema.parse({ ...everything, routes: ["/health/ready"] }));
    assert.deepEqual(named.next("/health/ready"), { delayMs: 5, status: 500 });
    assert.deepEqual(named.next(route), { delayMs: 0, status: undefined });
  });
});
