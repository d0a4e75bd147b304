import assert from "node:assert/strict";
import fc from "fast-check";
import { write } from "../../../components/slo/selector.ts";

describe("a selector", () => {
  it("escapes what stands in a label's value, so that no value can leave its quotes", () => {
    const value = 'a"} or vector(1) #\\\n';
    assert.equal(
      write({ metric: "up", matchers: [{ label: "pod", op: "=", value }] }),
      String.raw`up{pod="a\"} or vector(1) #\\\n"}`,
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (any) => {
        const written = write({ metric: "up", matchers: [{ label: "pod", op: "=", value: any }] });
        assert.match(written, /^up\{pod="(?:[^"\\\n]|\\["\\n])*"\}$/u);
      }),
    );
  });

  it("refuses names that are none", () => {
    for (const name of ["", "9up", "up{}", "a b", "ü"]) {
      assert.throws(() => write({ metric: name, matchers: [] }), SyntaxError);
      assert.throws(() => write({ metric: "up", matchers: [{ label: name, op: "=", value: "" }] }), SyntaxError);
    }
    assert.throws(() => write({ metric: "up", matchers: [{ label: "a:b", op: "=", value: "" }] }), SyntaxError);
  });
});
