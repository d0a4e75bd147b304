import assert from "node:assert/strict";
import fc from "fast-check";
import { compactJson, depthOf, prettyJson } from "../../../components/json/json.ts";

const brackets = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

describe("JSON of any depth", () => {
  it("is written as JSON.stringify writes it, where that can", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(compactJson(value), JSON.stringify(value));
        assert.equal(prettyJson(value), JSON.stringify(value, null, 2));
      }),
    );
  });

  for (const text of [brackets(10_000), objects(10_000), brackets(200_000)])
    it(`of ${text.length} characters (${text.slice(0, 5)}…) comes back as it was`, () => {
      const value: unknown = JSON.parse(text);
      assert.equal(compactJson(value), text);
      const pretty = prettyJson({ plan: value });
      assert.equal(compactJson(JSON.parse(pretty)), `{"plan":${text}}`);
      assert.ok(pretty.length < 2 * text.length + 10_000);
    });

  it("keeps what stands beside a deep part", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 30, max: 60 }), (beside, depth) => {
        const value = {
          beside,
          deep: JSON.parse(objects(depth)) as unknown,
          list: [beside, JSON.parse(brackets(depth))],
        };
        assert.deepEqual(JSON.parse(prettyJson(value)), JSON.parse(JSON.stringify(value)));
        assert.equal(compactJson(value), JSON.stringify(value));
      }),
    );
  });

  it("is indented down to a level, and on one line below it", () => {
    const lines = prettyJson(JSON.parse(brackets(45))).split("\n");
    assert.equal(lines.length, 81);
    assert.equal(lines[40], `${"  ".repeat(40)}${brackets(5)}`);
    assert.equal(lines[41], `${"  ".repeat(39)}]`);
  });

  it("has a depth that counts objects and lists", () => {
    for (const [value, depth] of [
      [1, 0],
      [null, 0],
      [[], 1],
      [{ a: [1] }, 2],
      [[[], [[]]], 3],
    ] as const)
      assert.equal(depthOf(value), depth);
    assert.equal(depthOf(JSON.parse(brackets(100_000))), 100_000);
    assert.equal(depthOf(JSON.parse(brackets(100_000)), 50), 50);
  });
});
