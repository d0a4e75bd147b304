import assert from "node:assert/strict";
import { randomSource } from "./random-source.ts";

describe("A source of random numbers", () => {
  const numbers = (seed: number): readonly number[] => {
    const next = randomSource(seed);
    return Array.from({ length: 1_000 }, () => next());
  };

  it("gives the same numbers for the same seed", () => {
    assert.deepEqual(numbers(7), numbers(7));
    assert.notDeepEqual(numbers(7), numbers(8));
  });

  it("spreads them over [0, 1)", () => {
    assert.ok(numbers(7).every((number) => number >= 0 && number < 1));
    const mean = numbers(7).reduce((sum, number) => sum + number, 0) / 1_000;
    assert.ok(Math.abs(mean - 0.5) < 0.05, String(mean));
  });
});
