import type { FinishedTest, TestRun } from "./journal.ts";

/** A run that came to its end and had nothing to do, but for what a test says of it. */
export function aRun(run: Partial<TestRun>): TestRun {
  return { seed: 1, passed: [], failed: [], pending: [], began: [], ended: true, seconds: 1, ...run };
}

/** A test with this title, in the file `a.test.ts`. */
export function aTest(fullTitle: string, duration = 1): FinishedTest {
  return { title: fullTitle, fullTitle, file: "a.test.ts", duration };
}
