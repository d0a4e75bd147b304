import assert from "node:assert/strict";
import fc from "fast-check";
import { quantile } from "../../../delivery/gate/quantile.ts";
import { near } from "./near.ts";

const buckets = (...counts: readonly (readonly [number, number])[]) => counts.map(([le, count]) => ({ le, count }));

describe("a quantile for people", () => {
  it("is interpolated within its bucket, in whatever order the buckets come", () => {
    const result = quantile(0.95, buckets([Infinity, 100], [0.1, 50], [0.2, 90], [0.5, 100]));
    near(result!.seconds, 0.35, 1e-12);
    assert.equal(result?.open, false);
  });

  it("starts at 0 in the first bucket", () => {
    near(quantile(0.5, buckets([0.1, 100], [Infinity, 100]))!.seconds, 0.05, 1e-12);
  });

  it("shows why it is not judged by: 110 ms reads 242 ms between edges of 100 and 250 ms", () => {
    near(quantile(0.95, buckets([0.1, 0], [0.25, 100], [Infinity, 100]))!.seconds, 0.2425, 1e-12);
  });

  it("is open, at the highest edge, when it is above all edges", () => {
    assert.deepEqual(quantile(0.95, buckets([0.1, 10], [0.5, 20], [Infinity, 100])), { seconds: 0.5, open: true });
  });

  it("is nothing without requests, without a finite edge, and of counts that are no numbers", () => {
    assert.equal(quantile(0.95, []), null);
    assert.equal(quantile(0.95, buckets([0.1, 0], [Infinity, 0])), null);
    assert.equal(quantile(0.95, buckets([Infinity, 9])), null);
    assert.equal(quantile(0.95, buckets([0.1, NaN], [Infinity, 9])), null);
  });

  it("never falls when the share rises", () => {
    const counts = fc.array(fc.nat(50), { minLength: 2, maxLength: 8 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(counts, share, share, (steps, one, other) => {
        let count = 0;
        const made = steps.map((step, index) => {
          count += step;
          return { le: index === steps.length - 1 ? Infinity : 0.1 * (index + 1), count };
        });
        const [low, high] = [quantile(Math.min(one, other), made), quantile(Math.max(one, other), made)];
        if (low !== null && high !== null) assert.ok(low.seconds <= high.seconds + 1e-12);
      }),
    );
  });
});
