import assert from "node:assert/strict";
import fc from "fast-check";
import { columnsOf, fitted, oneLine, padded, wrapped } from "../../../delivery/view/terminal-text.ts";

describe("text on a terminal", () => {
  it("is one line without anything that steers the terminal", () => {
    assert.equal(oneLine("a\r\nb\tc\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u202eback\u0000"), "a b cred back");
  });

  it("takes two columns for what is drawn twice as wide, and none for what is drawn over", () => {
    assert.deepEqual(["abc", "日本", "🚀", "e\u0301", "→ ✓ █"].map(columnsOf), [3, 4, 2, 1, 5]);
  });

  it("is cut with a mark where it does not fit", () => {
    assert.deepEqual(
      [fitted("release", 7), fitted("release", 6), fitted("日本語", 5), fitted("ab", 0)],
      ["release", "relea…", "日本…", ""],
    );
    assert.equal(padded("ab", 4), "ab  ");
  });

  it("is broken between words, and keeps all of them", () => {
    assert.deepEqual(wrapped("one two three", 7), ["one two", "three"]);
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1 }),
        fc.integer({ min: 8, max: 40 }),
        (words, columns) => {
          const lines = wrapped(words.join(" "), columns);
          assert.ok(lines.every((text) => columnsOf(text) <= columns));
          assert.deepEqual(lines.join(" ").split(" "), words);
        },
      ),
    );
  });
});
