import assert from "node:assert/strict";
import { examine, mostReruns, type ExaminationMeans, type Finding } from "./examination.ts";
import type { FailedTest, TestRun } from "./journal.ts";
import { inRandomOrder } from "./order.ts";
import { aRun, aTest } from "./runs.ts";
import type { RunTests, TestRequest } from "./test-process.ts";

/** Whether a test passes, by what ran before it in its process and by how often it has been run. */
type Rule = (before: readonly string[], earlier: number) => boolean;

const request: TestRequest = { files: ["a.test.ts"], seed: 1, timeoutMs: 1_000 };
const always: Rule = () => true;
const fillers = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`filler ${index}`, always]));

/** A suite that is only thought of: its tests run by rules, in the order in which the real process would run them. */
class ThoughtSuite {
  readonly requests: TestRequest[] = [];
  readonly #earlier = new Map<string, number>();
  readonly #rules: Readonly<Record<string, Rule>>;

  constructor(rules: Readonly<Record<string, Rule>>) {
    this.#rules = rules;
  }

  readonly run: RunTests = (asked) => {
    this.requests.push(asked);
    const grep = new RegExp(asked.grep ?? "");
    const ordered = inRandomOrder(Object.keys(this.#rules), String, asked.seed).filter((title) => grep.test(title));
    const order = asked.reversed === true ? ordered.toReversed() : ordered;
    const passes = order.filter((title, place) => {
      const earlier = this.#earlier.get(title) ?? 0;
      this.#earlier.set(title, earlier + 1);
      return this.#rules[title]!(order.slice(0, place), earlier);
    });
    const failed = order
      .filter((title) => !passes.includes(title))
      .map((title): FailedTest => ({ ...aTest(title), error: [`run ${this.#earlier.get(title) ?? 0}`] }));
    return Promise.resolve(
      aRun({ passed: passes.map((title) => aTest(title)), failed, began: order.map((title) => aTest(title)) }),
    );
  };
}

/** Runs the suite in an order in which `first` comes before `second`, and examines what fails. */
async function examined(
  suite: ThoughtSuite,
  first: string,
  second: string,
  time = { rerun: 1, search: 1 },
): Promise<readonly Finding[]> {
  const seed = [...Array(100).keys()].find((tried) => inRandomOrder([first, second], String, tried)[0] === first);
  const asked = { ...request, seed: seed! };
  const run = await suite.run(asked, { deadline: 1 });
  return await examine(asked, run, { run: suite.run, now: () => 0, rerunUntil: time.rerun, searchUntil: time.search });
}

const kinds = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ failure, kind, evidence }) => `${failure.name} is ${kind}: ${evidence}`);

describe("The examination of failed tests", () => {
  it("asks for nothing where nothing failed", async () => {
    const suite = new ThoughtSuite({ warm: always, clean: always });
    assert.deepEqual(await examined(suite, "warm", "clean"), []);
    assert.equal(suite.requests.length, 1);
  });

  it("runs only the failed tests again, twice, from their files alone", async () => {
    const suite = new ThoughtSuite({ ...fillers, warm: () => false, clean: () => false });
    await examined(suite, "warm", "clean", { rerun: 1, search: 0 });
    const [, ...reruns] = suite.requests;
    assert.equal(reruns.length, 2);
    for (const rerun of reruns) {
      assert.deepEqual(rerun.files, ["a.test.ts"]);
      assert.match(rerun.grep!, /^\^\(\?:(?:warm\$\|clean\$|clean\$\|warm\$)\)$/);
    }
  });

  it("calls a test that fails again both times failed", async () => {
    const suite = new ThoughtSuite({ ...fillers, warm: () => false });
    assert.deepEqual(kinds(await examined(suite, "warm", "filler 1")), [
      "warm is failed: run again twice without the tests that passed, it failed both times",
    ]);
  });

  it("calls a test failed that passes in one of two reruns only", async () => {
    const suite = new ThoughtSuite({ ...fillers, warm: (_, earlier) => earlier === 2 });
    assert.deepEqual(kinds(await examined(suite, "warm", "filler 1")), [
      "warm is failed: run again twice without the tests that passed, it passed once",
    ]);
  });

  it("keeps the results of the reruns, each with its error", async () => {
    const suite = new ThoughtSuite({ ...fillers, warm: (_, earlier) => earlier === 2 });
    const [finding] = await examined(suite, "warm", "filler 1");
    assert.deepEqual(finding?.reruns, [
      { outcome: "failed", error: ["run 2"] },
      { outcome: "passed", error: [] },
    ]);
  });

  it("counts the tests that a flaky hook kept from running, once they passed both times", async () => {
    const hook: FailedTest = {
      ...{ title: '"before all" hook for "is warm"', fullTitle: 'A kitchen "before all" hook for "is warm"' },
      ...{ file: "a.test.ts", duration: 1, error: ["no water"] },
    };
    const tests = ["is warm", "is clean"].map((title) => ({ ...aTest(`A kitchen ${title}`), title }));
    const other = aTest("A garden is green");
    const means = (rerun: TestRun): ExaminationMeans => ({
      ...{ run: () => Promise.resolve(rerun), now: () => 0, rerunUntil: 1, searchUntil: 0 },
    });
    const first = aRun({ passed: [other], failed: [hook] });
    const [flaky] = await examine(request, first, means(aRun({ passed: tests })));
    assert.deepEqual([flaky?.kind, flaky?.recovered], ["flaky", tests]);
    // The hook passes then, but a test behind it does not.
    const behind = { ...tests[1]!, error: ["crumbs"] };
    const [failed] = await examine(request, first, means(aRun({ passed: tests.slice(0, 1), failed: [behind] })));
    assert.deepEqual([failed?.kind, failed?.recovered, failed?.reruns[0]?.error], ["failed", [], ["crumbs"]]);
    // None of its tests is run.
    const [unseen] = await examine(request, first, means(aRun({ passed: [other] })));
    assert.equal(unseen?.kind, "failed");
  });

  it("calls a test flaky that passes in both reruns, and after the tests that it failed after", async () => {
    const suite = new ThoughtSuite({ ...fillers, warm: (_, earlier) => earlier > 0 });
    assert.deepEqual(kinds(await examined(suite, "filler 1", "warm")), [
      "warm is flaky: run again twice without the tests that passed, it passed both times",
    ]);
  });

  it("finds the one test that a test fails after", async () => {
    const suite = new ThoughtSuite({ ...fillers, crumbs: always, clean: (before) => !before.includes("crumbs") });
    assert.deepEqual(kinds(await examined(suite, "crumbs", "clean")), [
      "clean is order-dependent: it passes alone and fails after «crumbs»",
    ]);
  });

  it("finds it also where that test fails too", async () => {
    const suite = new ThoughtSuite({ ...fillers, crumbs: () => false, clean: (before) => !before.includes("crumbs") });
    assert.deepEqual(kinds(await examined(suite, "crumbs", "clean")).toSorted(), [
      "clean is order-dependent: it passes alone and fails after «crumbs»",
      "crumbs is failed: run again twice without the tests that passed, it failed both times",
    ]);
  });

  it("finds the test that a test cannot do without", async () => {
    const suite = new ThoughtSuite({ ...fillers, sown: always, beans: (before) => before.includes("sown") });
    assert.deepEqual(kinds(await examined(suite, "beans", "sown")), [
      "beans is order-dependent: it fails alone and passes after «sown»",
    ]);
  });

  it("does not take a flaky test for an order-dependent one because it failed once more with others before it", async () => {
    // It fails in the run and in the replay of its order, and never again.
    const suite = new ThoughtSuite({ ...fillers, warm: (_, earlier) => earlier !== 0 && earlier !== 4 });
    const [finding] = await examined(suite, "filler 1", "warm");
    assert.equal(finding?.kind, "flaky");
  });

  it("runs nothing again where more failed than can be flakes", async () => {
    const rules = Object.fromEntries(Array.from({ length: mostReruns + 1 }, (_, n) => [`test ${n}`, () => false]));
    const suite = new ThoughtSuite(rules);
    const findings = await examined(suite, "test 1", "test 2");
    assert.equal(findings.length, mostReruns + 1);
    assert.ok(
      findings.every(({ kind, evidence }) => kind === "failed" && evidence === "not run again: over 25 failed"),
    );
    assert.equal(suite.requests.length, 1);
  });

  it("says so where there was no time to run a failed test again", async () => {
    const failed = [{ ...aTest("warm"), error: [] }];
    const findings = await examine(request, aRun({ failed }), {
      run: () => Promise.resolve(aRun({ ended: false })),
      now: () => 0,
      rerunUntil: 0,
      searchUntil: 0,
    });
    assert.deepEqual(kinds(findings), ["warm is failed: no time to run it twice again"]);
  });
});
