import assert from "node:assert/strict";
import { countsOf, exitCodeOf, exitCodes, judge, type Evidence, type ExaminedRun, type GateResult } from "./gates.ts";
import type { Kind } from "./examination.ts";
import type { TestRun } from "./journal.ts";
import { renderGates } from "./report.ts";
import { aRun, aTest } from "./runs.ts";

const thresholds = { passRate: 98, minutes: 60, coverage: 25 };

/** A run with this many tests that passed, and these that failed. */
function examined(passed: number, kinds: readonly Kind[] = [], more: Partial<TestRun> = {}): ExaminedRun {
  const findings = kinds.map((kind, index) => {
    const failure = { name: `test ${index}`, file: "a.test.ts", error: ["no water"] };
    return { failure, kind, evidence: "as was seen" };
  });
  const failed = findings.map(({ failure }) => ({ ...aTest(failure.name), error: failure.error }));
  return {
    name: "the run",
    run: aRun({ passed: Array.from({ length: passed }, (_, n) => aTest(`good ${n}`)), failed, ...more }),
    findings,
  };
}

const gate = (name: string, evidence: Evidence): GateResult =>
  judge(evidence, thresholds).find((result) => result.gate === name)!;
const verdict = (evidence: Evidence): number => exitCodeOf(judge(evidence, thresholds));

describe("The gates", () => {
  it("are all met by a suite in which nothing is wrong", () => {
    const results = judge({ runs: [examined(10)], coverage: { lines: 25, behind: [] } }, thresholds);
    assert.deepEqual(
      results.map((result) => [result.gate, result.met, result.culprits]),
      Object.keys(exitCodes).map((name) => [name, true, []]),
    );
    assert.equal(exitCodeOf(results), 0);
  });

  it("have exit codes of their own, none of which a shell or node uses", () => {
    const codes = Object.values(exitCodes);
    assert.equal(new Set(codes).size, codes.length);
    assert.ok(codes.every((code) => code > 13 && code < 126));
  });

  it("let 98 of 100 tests through, and not 97.99", () => {
    assert.ok(gate("pass rate", { runs: [examined(98, ["failed", "failed"])] }).met);
    const short = gate("pass rate", { runs: [examined(9_799, Array<Kind>(201).fill("failed"))] });
    assert.deepEqual([short.met, short.measured], [false, "97.99 % (9799 passed, 201 failed)"]);
  });

  it("do not round a rate up to what was asked", () => {
    const results = judge({ runs: [examined(99_999, ["failed"])] }, { ...thresholds, passRate: 100 });
    const rate = results.find((result) => result.gate === "pass rate");
    assert.deepEqual([rate?.met, rate?.measured], [false, "99.99 % (99999 passed, 1 failed)"]);
  });

  it("count a flaky test as failed, and name it even where the pass rate is reached", () => {
    const evidence = { runs: [examined(999, ["flaky"])] };
    assert.deepEqual(countsOf(evidence), { passed: 999, failed: 1 });
    assert.ok(gate("pass rate", evidence).met);
    assert.deepEqual(gate("determinism", evidence).culprits, ["«test 0» (a.test.ts): as was seen"]);
    assert.equal(verdict(evidence), exitCodes.determinism);
  });

  it("name an order-dependent test under its own gate alone", () => {
    const evidence = { runs: [examined(999, ["order-dependent"])] };
    assert.deepEqual(gate("order", evidence).culprits, ["«test 0» (a.test.ts): as was seen"]);
    assert.deepEqual(gate("determinism", evidence).culprits, []);
    assert.deepEqual(gate("pass rate", evidence).culprits, []);
    assert.equal(verdict(evidence), exitCodes.order);
  });

  it("ask for less than the time that is allowed, and name the slowest tests where it took more", () => {
    const run = examined(0, [], {
      seconds: 3_600,
      passed: [aTest("is quick", 20), aTest("takes its time", 3_000_000)],
    });
    assert.deepEqual(gate("time", { runs: [run] }).culprits, [
      "«takes its time» (a.test.ts) took 3000.00 s",
      "«is quick» (a.test.ts) took 0.02 s",
    ]);
    assert.equal(verdict({ runs: [run] }), exitCodes.time);
    assert.equal(verdict({ runs: [examined(1, [], { seconds: 3_599 })] }), 0);
  });

  it("add up the time of all runs", () => {
    const half = examined(1, [], { seconds: 1_800 });
    assert.equal(verdict({ runs: [half, half] }), exitCodes.time);
  });

  it("name the files that are behind where too little is covered", () => {
    const coverage = { lines: 24.99, behind: [{ file: "neglected.ts", lines: 0 }] };
    const evidence = { runs: [examined(1)], coverage };
    assert.deepEqual(gate("coverage", evidence).culprits, ["neglected.ts: 0 % of its lines"]);
    assert.equal(verdict(evidence), exitCodes.coverage);
  });

  it("do not judge coverage that was not measured", () => {
    assert.deepEqual(
      judge({ runs: [examined(1)] }, thresholds).map((result) => result.gate),
      Object.keys(exitCodes).filter((name) => name !== "coverage"),
    );
  });

  it("let no run through that was ended before its end, or whose tests could not be loaded", () => {
    const runs = [examined(1, [], { ended: false, began: [aTest("is warm")] }), examined(0, [], { ended: false })];
    assert.deepEqual(gate("complete", { runs }).culprits, [
      "the run ended early, during or after «is warm»",
      "the run ended before its first test",
    ]);
    assert.equal(verdict({ runs }), exitCodes.complete);
  });

  it("let nothing through where no test was run, but a run without tests among others", () => {
    assert.deepEqual(gate("complete", { runs: [examined(0), examined(0)] }).culprits, ["no test was run"]);
    assert.equal(verdict({ runs: [examined(0)] }), exitCodes.complete);
    assert.equal(verdict({ runs: [examined(0), examined(1)] }), 0);
  });

  it("are told with what was measured, what was asked and the names", () => {
    const results = judge({ runs: [examined(1, ["flaky"])] }, { ...thresholds, passRate: 50 });
    assert.equal(
      renderGates("Gates", results),
      `Gates
  met    complete     1 of 1; asked: each run comes to its own end, and there are tests
  met    order        none found; asked: no test depends on which ones ran before it
  MISSED determinism  1 flaky; asked: no test passes and fails with nothing changed
         «test 0» (a.test.ts): as was seen
  met    pass rate    50 % (1 passed, 1 failed); asked: at least 50 %
  met    time         1.0 s; asked: less than 60 min`,
    );
  });
});
