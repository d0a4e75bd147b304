import { findOrderDependence } from "./order-dependence.ts";
import { failuresOf, grepOf, isBelowHook, outcomeIn, type Failure, type Outcome } from "./failure.ts";
import type { FinishedTest, TestRun } from "./journal.ts";
import type { RunTests, TestRequest } from "./test-process.ts";

/**
 * What is wrong with a test that failed once.
 * `failed`: it fails again, be it once, or there was no time for two reruns; `flaky`: it passes both reruns, with nothing else changed;
 * `order-dependent`: which tests run before it decides.
 */
export type Kind = "failed" | "flaky" | "order-dependent";

export interface Finding {
  readonly failure: Failure;
  readonly kind: Kind;
  /** What was seen, for people; no full stop at its end. */
  readonly evidence: string;
  /** How it did when it was run again, in order. */
  readonly reruns: readonly Rerun[];
  /** Tests that a failed hook kept from running at first, and that passed in both reruns. */
  readonly recovered: readonly FinishedTest[];
  /** When it was found flaky in an earlier run of the same checkout, as an ISO time. @default never */
  readonly flakyBefore?: string;
}

export interface Rerun {
  readonly outcome: Outcome;
  /** Empty where it passed. */
  readonly error: readonly string[];
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

const rerunCount = 2;

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
      reruns: [],
      recovered: [],
    }));
  const again: TestRun[] = [];
  for (let count = 0; open.length > 0 && count < rerunCount; count += 1) {
    const files = [...new Set(open.map(({ file }) => file))];
    again.push(await means.run({ ...request, files, grep: grepOf(open) }, { deadline: means.rerunUntil }));
  }
  const findings: Finding[] = [];
  for (const failure of failures) {
    const reruns = again.map((rerun) => rerunOf(rerun, failure)).filter((rerun) => rerun !== undefined);
    const outcomes = reruns.map(({ outcome }) => outcome);
    const judgement = await judged(failure, outcomes);
    const recovered = judgement.kind === "flaky" ? recoveredAfter(failure, run, again) : [];
    findings.push({ failure, ...judgement, reruns, recovered });
  }
  return findings;

  async function judged(failure: Failure, outcomes: readonly Outcome[]): Promise<Pick<Finding, "kind" | "evidence">> {
    if (failure.passedLater) return { kind: "flaky", evidence: "it passed when mocha tried it again in the same run" };
    if (outcomes.length < rerunCount) return { kind: "failed", evidence: "no time to run it twice again" };
    const passes = outcomes.filter((outcome) => outcome === "passed").length;
    const seen = `run again twice without the tests that passed, it ${["failed both times", "passed once", "passed both times"][passes]}`;
    // Two failures in three are no occasional failure, and a pass rate of a third is nothing to wait for.
    if (passes > 0 && passes < rerunCount) return { kind: "failed", evidence: seen };
    const dependence = await findOrderDependence(request, run, failure, means);
    if (dependence !== undefined) return { kind: "order-dependent", evidence: dependence };
    return { kind: passes > 0 ? "flaky" : "failed", evidence: seen };
  }
}

function rerunOf(run: TestRun, failure: Failure): Rerun | undefined {
  const outcome = outcomeIn(run, failure);
  if (outcome === undefined) return undefined;
  if (outcome === "passed") return { outcome, error: [] };
  const found = failuresOf(run).find(
    ({ name, file }) => file === failure.file && (name === failure.name || isBelowHook(failure, name, file)),
  );
  return { outcome, error: found?.error ?? ["It did not run: a hook before it failed, or the process ended."] };
}

/** The tests below a hook that ran only in the reruns, as the last of these has them. */
function recoveredAfter(failure: Failure, run: TestRun, again: readonly TestRun[]): readonly FinishedTest[] {
  const key = ({ fullTitle, file }: FinishedTest): string => `${file}\0${fullTitle}`;
  const before = new Set(run.passed.map(key));
  const passed = again.at(-1)?.passed ?? [];
  return passed.filter((test) => isBelowHook(failure, test.fullTitle, test.file) && !before.has(key(test)));
}
