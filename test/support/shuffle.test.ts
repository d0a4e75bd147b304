import assert from "node:assert/strict";
import fc from "fast-check";
import { randomSource, shuffled } from "./shuffle.ts";

describe("The random order of tests", () => {
  it("is the same for the same seed", () => {
    const items = Array.from({ length: 50 }, (_, index) => index);
    assert.deepEqual(shuffled(items, randomSource(7)), shuffled(items, randomSource(7)));
    assert.notDeepEqual(shuffled(items, randomSource(7)), shuffled(items, randomSource(8)));
  });

  it("loses no item and adds none", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
        const byValue = (a: number, b: number): number => a - b;
        assert.deepEqual(shuffled(items, randomSource(seed)).sort(byValue), [...items].sort(byValue));
      }),
    );
  });
});
