import assert from "node:assert/strict";
import { eValue, instant, seconds, share } from "../../../delivery/report/figures.ts";

describe("numbers for people", () => {
  for (const [value, text] of [
    [0, "0 s"],
    [0.0004, "1 ms"],
    [0.0912, "91 ms"],
    [0.9994, "999 ms"],
    [1, "1 s"],
    [7.246, "7.25 s"],
    [28.64, "28.6 s"],
    [59.97, "1 min 00 s"],
    [185, "3 min 05 s"],
    [3_599.6, "1 h 00 min"],
    [3_725, "1 h 02 min"],
    [200_000, "2 days"],
    [-0.5, "−500 ms"],
    [Number.NaN, "an unknown time"],
  ] as const)
    it(`writes ${value} seconds as ${text}`, () => {
      assert.equal(seconds(value), text);
    });

  for (const [value, text] of [
    [0, "0 %"],
    [0.001, "0.1 %"],
    [0.0005, "0.05 %"],
    [0.000001, "< 0.001 %"],
    [0.02413, "2.41 %"],
    [1, "100 %"],
  ] as const)
    it(`writes a share of ${value} as ${text}`, () => {
      assert.equal(share(value), text);
    });

  it("writes e-values so that their size is seen, from their logarithms, however large they are", () => {
    assert.deepEqual([Math.log(0.001), Math.log(0.4), Math.log(406), Math.log(2e12), 3000].map(eValue), [
      "< 0.01",
      "0.4",
      "406",
      "10¹²",
      "10¹³⁰³",
    ]);
  });

  it("writes instants in UTC, and what is none as it is", () => {
    assert.equal(instant("2026-01-01T01:02:03.456Z"), "2026-01-01 01:02:03");
    assert.equal(instant("yesterday"), "yesterday");
  });
});
