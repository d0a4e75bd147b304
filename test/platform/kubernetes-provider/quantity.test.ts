import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalQuantity } from "../../../platform/kubernetes-provider/quantity.ts";

describe("a quantity", () => {
  const forms: readonly (readonly [string, string])[] = [
    ["1000m", "1"],
    ["1500m", "1500m"],
    ["0.5", "500m"],
    ["0.10", "100m"],
    ["1000", "1k"],
    ["1", "1"],
    ["0", "0"],
    ["-1000m", "-1"],
    ["0.5Gi", "512Mi"],
    ["2048Mi", "2Gi"],
    ["1536Mi", "1536Mi"],
    ["512Ki", "512Ki"],
    ["0.5Ki", "512"],
    ["0.540Ti", "593736279k"],
    ["1E", "1E"],
    ["0.0000000001", "1n"],
  ];
  for (const [text, canonical] of forms) {
    it(`of ${text} is ${canonical} to the API server`, () => {
      assert.equal(canonicalQuantity(text), canonical);
    });
  }

  it("that is none, or has an exponent, is left for the API server to judge", () => {
    for (const text of ["", "m", "1x", "1.2.3", "1e3"]) assert.equal(canonicalQuantity(text), text);
  });

  it("does not change a second time", () => {
    const suffixes = ["", "n", "u", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti"];
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.nat(999), fc.constantFrom(...suffixes), (whole, fraction, suffix) => {
        const once = canonicalQuantity(`${whole}.${fraction}${suffix}`);
        assert.equal(canonicalQuantity(once), once);
      }),
    );
  });
});
