import assert from "node:assert/strict";
import {
  countsOf,
  exitCodeOf,
  exitCodes,
  judge,
  type Evidence,
  type ExaminedRun,
  type GateResult,
  type Thresholds,
} from "./gates.ts";
import type { Kind } from "./examination.ts";
import type { TestRun } from "./journal.ts";
import { renderGates } from "./report.ts";
import { aRun, aTest } from "./runs.ts";

const thresholds: Thresholds = { passRate: 98, flaky: 0, minutes: 60, coverage: 25 };

/** A run with this many tests that passed, and these that failed. */
function examined(passed: number, kinds: readonly Kind[] = [], more: Partial<TestRun> = {}): ExaminedRun {
  const findings = kinds.map((kind, index) => {
    const failure = { name: `test ${index}`, file: "a.test.ts", error: ["no water"] };
    return { failure, kind, evidence: "as was seen", reruns: [], recovered: [] };
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
    assert.deepEqual(countsOf(evidence, thresholds), { passed: 999, failed: 1, flaky: 0 });
    assert.ok(gate("pass rate", evidence).met);
    assert.deepEqual(gate("determinism", evidence).culprits, ["«test 0» (a.test.ts): as was seen"]);
    assert.equal(verdict(evidence), exitCodes.determinism);
  });

  describe("that let two flaky tests through", () => {
    const lenient: Thresholds = { ...thresholds, passRate: 100, countReruns: true, flaky: 2 };
    const flaky = (count: number, before?: string): Evidence => {
      const run = examined(10, Array<Kind>(count).fill("flaky"));
      const findings = run.findings.map((finding, index) =>
        index === 0 && before !== undefined ? { ...finding, flakyBefore: before } : finding,
      );
      return { runs: [{ ...run, findings }] };
    };
    const of = (name: string, evidence: Evidence): GateResult =>
      judge(evidence, lenient).find((result) => result.gate === name)!;

    it("count them as passed, and name them all the same", () => {
      const evidence = flaky(2);
      assert.equal(exitCodeOf(judge(evidence, lenient)), 0);
      assert.deepEqual(countsOf(evidence, lenient), { passed: 12, failed: 0, flaky: 2 });
      assert.equal(of("determinism", evidence).culprits.length, 2);
      assert.equal(of("pass rate", evidence).measured, "100 % (12 passed, 2 of them flaky, 0 failed)");
    });

    it("count them as failed in a pass rate that asks for tests that pass at once", () => {
      assert.deepEqual(countsOf(flaky(2), { flaky: 2 }), { passed: 10, failed: 2, flaky: 0 });
    });

    it("let none of three through, which all count as failed", () => {
      const evidence = flaky(3);
      assert.equal(exitCodeOf(judge(evidence, lenient)), exitCodes.determinism);
      assert.deepEqual(countsOf(evidence, lenient), { passed: 10, failed: 3, flaky: 0 });
    });

    it("do not let one through that an earlier run of the same checkout found flaky, but another one", () => {
      const evidence = flaky(2, "2026-11-30T06:00:00.000Z");
      assert.equal(exitCodeOf(judge(evidence, lenient)), exitCodes.determinism);
      assert.deepEqual(countsOf(evidence, lenient), { passed: 11, failed: 1, flaky: 1 });
      assert.equal(
        of("determinism", evidence).culprits[0],
        "«test 0» (a.test.ts): as was seen; an earlier run of this checkout found it flaky too (2026-11-30T06:00:00.000Z)",
      );
    });

    it("let no test through that failed again, or that depends on the order", () => {
      const failed = { runs: [examined(999, ["failed"])] };
      const dependent = { runs: [examined(999, ["order-dependent"])] };
      assert.equal(exitCodeOf(judge(failed, lenient)), exitCodes["pass rate"]);
      assert.equal(exitCodeOf(judge(dependent, lenient)), exitCodes.order);
    });

    it("count the tests that a flaky hook kept from running, and not the hook", () => {
      const run = examined(10, ["flaky"]);
      const findings = run.findings.map((finding) => ({
        ...finding,
        failure: { ...finding.failure, hookOf: "A kitchen" },
        recovered: [aTest("A kitchen is warm"), aTest("A kitchen is clean"), aTest("A kitchen is bright")],
      }));
      assert.deepEqual(countsOf({ runs: [{ ...run, findings }] }, lenient), { passed: 13, failed: 0, flaky: 1 });
    });
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

  it("ask for the wall time of runs side by side, and not for their sum", () => {
    const half = examined(1, [], { seconds: 1_800 });
    assert.equal(verdict({ runs: [half, half], seconds: 1_900 }), 0);
    assert.equal(verdict({ runs: [half], seconds: 3_600 }), exitCodes.time);
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
