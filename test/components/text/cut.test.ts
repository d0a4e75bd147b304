import assert from "node:assert/strict";
import fc from "fast-check";
import { cutText, longestText } from "../../../components/text/cut.ts";

describe("a text from outside", () => {
  it("stays as it is where it fits", () => {
    for (const text of ["", "no healthy upstream", "é".repeat(longestText / 2), "x".repeat(longestText)])
      assert.equal(cutText(text), text);
  });

  it("is cut to its limit, and says how long it was", () => {
    const cut = cutText("x".repeat(1_500_000));
    assert.equal(Buffer.byteLength(cut), longestText);
    assert.match(cut, /^x+… \(cut: 1500000 characters in all\)$/);
  });

  it("is cut between characters, of however many bytes they are", () => {
    for (const character of ["é", "€", "😀"])
      for (let before = 0; before < 4; before += 1)
        assert.match(
          cutText("x".repeat(before) + character.repeat(400), 200),
          new RegExp(`^x{${before}}(?:${character})+… \\(cut: \\d+ characters in all\\)$`, "u"),
        );
  });

  it("is well-formed, within its limit, and begins as it did, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 120 }), fc.integer({ min: 64, max: 150 }), (text, limit) => {
        const cut = cutText(text, limit);
        assert.ok(cut.isWellFormed());
        assert.ok(Buffer.byteLength(cut) <= limit);
        const begins = cut.replace(/… \(cut: \d+ characters in all\)$/, "");
        assert.ok(text.toWellFormed().startsWith(begins) || begins === text.toWellFormed());
      }),
    );
  });

  it("with half of a pair of surrogates is fixed there", () => {
    assert.equal(cutText("a\ud800b"), "a\ufffdb");
  });
});
