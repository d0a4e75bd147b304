import assert from "node:assert/strict";
import fc from "fast-check";
import { failuresOf, grepOf, outcomeIn, type Failure } from "./failure.ts";
import type { FailedTest, TestRun } from "./journal.ts";
import { aRun } from "./runs.ts";

const file = "kitchen.test.ts";
const error = ["no water"];
const failed = (title: string, suite = "A kitchen"): FailedTest => ({
  title,
  fullTitle: `${suite} ${title}`,
  file,
  duration: 1,
  error,
});
const failure: Failure = { name: "A kitchen is warm", file, error };
const hook: Failure = { name: 'A kitchen "before each" hook: light', file, hookOf: "A kitchen", error };

describe("A failure of a run", () => {
  it("is named once, however often mocha tells of it", () => {
    const run = aRun({ failed: [failed("is warm"), failed("is warm"), failed("is clean")] });
    assert.deepEqual(
      failuresOf(run).map(({ name }) => name),
      ["A kitchen is warm", "A kitchen is clean"],
    );
  });

  it("of a hook is named by the hook and not by the test that it ran for", () => {
    const run = aRun({ failed: [failed('"before each" hook: light for "is warm"')] });
    assert.deepEqual(failuresOf(run), [hook]);
  });

  it("of a hook outside all suites belongs to all tests", () => {
    const root = { ...failed('"before all" hook for "is warm"'), fullTitle: '"before all" hook for "is warm"' };
    const [found] = failuresOf(aRun({ failed: [root] }));
    assert.deepEqual(found, { name: '"before all" hook', file, hookOf: "", error });
    assert.match("A kitchen is warm", new RegExp(grepOf([found])));
  });
});

describe("The expression that finds tests", () => {
  it("finds those with exactly these titles", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), fc.string(), (titles, other) => {
        const tests = titles.map((fullTitle) => ({ title: fullTitle, fullTitle, file }));
        const grep = new RegExp(grepOf(tests));
        assert.ok(titles.every((title) => grep.test(title)));
        assert.equal(grep.test(other), titles.includes(other));
      }),
    );
  });

  it("takes special characters as they are", () => {
    const title = "divides (a.b) by [c] | d? ^$ {1} \\ *+";
    const grep = new RegExp(grepOf([{ ...failure, name: title }]));
    assert.ok(grep.test(title));
    assert.ok(!grep.test("divides (axb) by [c] | d? ^$ {1} \\ *+"));
  });

  it("finds all tests of a failed hook's suite, and none of a suite whose name only begins the same", () => {
    const grep = new RegExp(grepOf([hook]));
    assert.ok(grep.test("A kitchen is warm"));
    assert.ok(!grep.test("A kitchenette is warm"));
  });
});

describe("How a failure's test does in another run", () => {
  const passed = { title: "is warm", fullTitle: "A kitchen is warm", file, duration: 1 };
  const cases: readonly (readonly [string, Failure, Partial<TestRun>, string | undefined])[] = [
    ["has passed", failure, { passed: [passed] }, "passed"],
    ["has failed", failure, { failed: [failed("is warm")] }, "failed"],
    [
      "has failed although it had passed: a hook after it",
      failure,
      { passed: [passed], failed: [failed("is warm")] },
      "failed",
    ],
    ["has not passed where a hook kept it from running", failure, {}, "failed"],
    ["is not known where the run was ended", failure, { ended: false }, undefined],
    [
      "is not that of a test of the same title in another file",
      failure,
      { passed: [{ ...passed, file: "b" }] },
      "failed",
    ],
    ["has passed, of a hook, where it is not among the failures", hook, { passed: [passed] }, "passed"],
    [
      "has failed, of a hook, for whichever test",
      hook,
      { failed: [failed('"before each" hook: light for "x"')] },
      "failed",
    ],
    ["is not known, of a hook, where the run was ended", hook, { ended: false }, undefined],
  ];
  for (const [title, which, run, outcome] of cases)
    it(title, () => {
      assert.equal(outcomeIn(aRun(run), which), outcome);
    });
});
