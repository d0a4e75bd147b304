import assert from "node:assert/strict";
import { misfit } from "../../support/dashboards/units.ts";

describe("a value of the right unit", () => {
  const rows: readonly [unit: string, value: number, fits: boolean][] = [
    ["percentunit", 0, true],
    ["percentunit", 1, true],
    ["percentunit", 1.01, false],
    ["percentunit", -0.01, false],
    ["percent", 50, true],
    ["percent", 101, false],
    ["s", 0.25, true],
    ["s", -1, false],
    ["reqps", 3.5, true],
    ["reqps", Number.POSITIVE_INFINITY, false],
    ["short", 3, true],
    ["short", 2.5, false],
    ["bool_yes_no", 1, true],
    ["bool_yes_no", 2, false],
    ["s", Number.NaN, false],
    ["parsecs", 1, false],
  ];
  for (const [unit, value, fits] of rows)
    it(`is ${value} in ${unit}: ${fits ? "yes" : "no"}`, () => {
      assert.equal(misfit(unit, [value]) === undefined, fits);
    });

  it("is said in words where it is none", () => {
    assert.equal(misfit("percentunit", [0.5, 50]), "50 is not a fraction from 0 to 1");
    assert.equal(misfit("parsecs", []), "nobody has said what a value in parsecs is");
  });
});
