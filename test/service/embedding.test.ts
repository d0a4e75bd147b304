import assert from "node:assert/strict";
import fc from "fast-check";
import { dimensions, embed } from "../../service/src/embedding.ts";

function similarity(a: string, b: string): number {
  const [x, y] = [embed(a), embed(b)];
  assert.ok(x !== null && y !== null);
  return x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
}

describe("The embedding of a text", () => {
  it("is a unit vector, or nothing for a text without words", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const vector = embed(text);
        if (vector === null) return;
        assert.equal(vector.length, dimensions);
        assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-9);
      }),
    );
    assert.equal(embed(" ?! "), null);
  });

  it("does not depend on case, punctuation and spaces", () => {
    assert.deepEqual(embed("Draw a  chart!"), embed("draw, a chart"));
  });

  it("is nearer to a text that shares words, or parts of words", () => {
    assert.ok(
      similarity("translate this letter", "translate text") > similarity("translate this letter", "draw a chart"),
    );
    assert.ok(similarity("translation", "translate") > similarity("translation", "chart"));
  });
});
