import assert from "node:assert/strict";
import fc from "fast-check";
import { inRandomOrder } from "./order.ts";

describe("The random order of tests", () => {
  const titles = fc.uniqueArray(fc.string());

  it("is the same for the same seed, and another one for another", () => {
    const items = Array.from({ length: 50 }, (_, index) => `test ${index}`);
    assert.deepEqual(inRandomOrder(items, String, 7), inRandomOrder(items.toReversed(), String, 7));
    assert.notDeepEqual(inRandomOrder(items, String, 7), inRandomOrder(items, String, 8));
  });

  it("loses no item and adds none", () => {
    fc.assert(
      fc.property(titles, fc.nat(), (items, seed) => {
        assert.deepEqual(inRandomOrder(items, String, seed).sort(), items.toSorted());
      }),
    );
  });

  it("of a part of the tests is theirs among all tests", () => {
    fc.assert(
      fc.property(titles, fc.nat(), fc.func(fc.boolean()), (items, seed, chosen) => {
        const part = items.filter((item) => chosen(item));
        const all = inRandomOrder(items, String, seed).filter((item) => part.includes(item));
        assert.deepEqual(inRandomOrder(part, String, seed), all);
      }),
    );
  });

  it("puts each of two tests first about as often", () => {
    const seeds = Array.from({ length: 1_000 }, (_, seed) => seed);
    const first = seeds.filter((seed) => inRandomOrder(["one", "other"], String, seed)[0] === "one").length;
    assert.ok(first > 430 && first < 570, String(first));
  });
});
