import assert from "node:assert/strict";
import { highest, median, quantile } from "../../bench/statistics.ts";

describe("The bench's statistics", () => {
  it("are values that were measured", () => {
    const values = [40, 10, 30, 20];
    assert.equal(median(values), 20);
    assert.equal(quantile(values, 0.9), 40);
    assert.equal(quantile(values, 0), 10);
    assert.equal(highest(values), 40);
    assert.deepEqual(values, [40, 10, 30, 20]);
  });

  it("are no numbers where nothing was measured", () => {
    assert.ok(Number.isNaN(median([])));
  });
});
