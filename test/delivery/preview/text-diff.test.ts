import assert from "node:assert/strict";
import fc from "fast-check";
import { textDiff, type DiffLine } from "../../../delivery/preview/text-diff.ts";

const written = (lines: readonly DiffLine[]) => lines.map(({ mark, text }) => `${mark}${text}`);

describe("how one text becomes another", () => {
  it("is told by the fewest lines, each in its place", () => {
    assert.deepEqual(written(textDiff("a\nb\nc\nd", "a\nc\nx\nd")), [" a", "-b", " c", "+x", " d"]);
    assert.deepEqual(written(textDiff("a", "a")), [" …"]);
  });

  it("leaves out what stays far from any change", () => {
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const changed = lines.with(3, "three").with(16, "sixteen");
    assert.deepEqual(written(textDiff(lines.join("\n"), changed.join("\n"))), [
      ...[" …", " line 1", " line 2", "-line 3", "+three", " line 4", " line 5"],
      ...[" …", " line 14", " line 15", "-line 16", "+sixteen", " line 17", " line 18", " …"],
    ]);
  });

  it("takes out and puts in what makes the one text the other", () => {
    const text = fc
      .array(fc.constantFrom("a", "b", ""), { minLength: 1, maxLength: 3 })
      .map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before !== after);
        const lines = textDiff(before, after);
        const without = (mark: DiffLine["mark"]) => lines.filter((line) => line.mark !== mark).map((line) => line.text);
        assert.equal(without("+").join("\n"), before);
        assert.equal(without("-").join("\n"), after);
      }),
    );
  });

  it("is one block where the texts are too long to be compared line by line", () => {
    const text = (word: string) => Array.from({ length: 600 }, (_, index) => `${word} ${index % 2}`).join("\n");
    const marks = textDiff(text("a"), `${text("b")}\na 0`).map(({ mark }) => mark);
    assert.equal(marks.join(""), "-".repeat(600) + "+".repeat(601));
  });
});
