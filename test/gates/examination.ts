import { findOrderDependence } from "./order-dependence.ts";
import { failuresOf, grepOf, outcomeIn, type Failure, type Outcome } from "./failure.ts";
import type { TestRun } from "./journal.ts";
import type { RunTests, TestRequest } from "./test-process.ts";

/**
 * What is wrong with a test that failed once.
 * `failed`: it fails again, or there was no time to see; `flaky`: the same test passed and failed with nothing else changed;
 * `order-dependent`: which tests run before it decides.
 */
export type Kind = "failed" | "flaky" | "order-dependent";

export interface Finding {
  readonly failure: Failure;
  readonly kind: Kind;
  /** What was seen, for people; no full stop at its end. */
  readonly evidence: string;
}

export interface ExaminationMeans {
  readonly run: RunTests;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** No rerun goes on after this time. */
  readonly rerunUntil: number;
  /** No search for the tests that another one depends on goes on after this time. */
  readonly searchUntil: number;
}

/** Failed tests that are run again, at most: where more fail at once, none of them is flaky, and something that they share is broken. */
export const mostReruns = 25;

const reruns = 2;

/** Finds out about each failure of a run: runs the failed tests again, twice, without the others, and looks for what their order has to do with it. */
export async function examine(
  request: TestRequest,
  run: TestRun,
  means: ExaminationMeans,
): Promise<readonly Finding[]> {
  const failures = failuresOf(run);
  const open = failures.filter(({ passedLater }) => passedLater === undefined);
  if (failures.length > mostReruns)
    return failures.map((failure) => ({
      failure,
      kind: "failed",
      evidence: `not run again: over ${mostReruns} failed`,
    }));
  const again: TestRun[] = [];
  for (let count = 0; open.length > 0 && count < reruns; count += 1) {
    const files = [...new Set(open.map(({ file }) => file))];
    again.push(await means.run({ ...request, files, grep: grepOf(open) }, { deadline: means.rerunUntil }));
  }
  const findings: Finding[] = [];
  for (const failure of failures) {
    const outcomes = again.map((rerun) => outcomeIn(rerun, failure)).filter((outcome) => outcome !== undefined);
    findings.push({ failure, ...(await judged(failure, outcomes)) });
  }
  return findings;

  async function judged(failure: Failure, outcomes: readonly Outcome[]): Promise<Omit<Finding, "failure">> {
    if (failure.passedLater) return { kind: "flaky", evidence: "it passed when mocha tried it again in the same run" };
    if (outcomes.length < reruns) return { kind: "failed", evidence: "no time to run it twice again" };
    const passes = outcomes.filter((outcome) => outcome === "passed").length;
    const seen = `run again twice without the tests that passed, it ${["failed both times", "passed once", "passed both times"][passes]}`;
    if (passes > 0 && passes < reruns) return { kind: "flaky", evidence: seen };
    const dependence = await findOrderDependence(request, run, failure, means);
    if (dependence !== undefined) return { kind: "order-dependent", evidence: dependence };
    return { kind: passes > 0 ? "flaky" : "failed", evidence: seen };
  }
}
