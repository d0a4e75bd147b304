import type { FailedTest, TestEntry, TestRun } from "./journal.ts";

/** A test, or a hook of a suite, that has failed. */
export interface Failure {
  /** The test's full title; of a hook, its suite's title and its own. */
  readonly name: string;
  readonly file: string;
  /** The suite's full title, where it is a hook that failed. */
  readonly hookOf?: string;
  readonly error: readonly string[];
  /** It passed in the same run, when mocha tried it again. */
  readonly passedLater?: true;
}

/** How a failure's test did in another run. */
export type Outcome = "passed" | "failed";

const hookTitle = /^"(?:before|after) (?:all|each)" hook/;

/** What failed in a run, each test and hook once. */
export function failuresOf(run: TestRun): readonly Failure[] {
  const failures = new Map<string, Failure>();
  for (const failed of run.failed) {
    const failure = failureOf(failed);
    const key = `${failure.file}\0${failure.name}`;
    if (!failures.has(key)) failures.set(key, failure);
  }
  return [...failures.values()];
}

/** A failure as its line in the journal has it. */
export function failureOf({ title, fullTitle, file, error, passedLater }: FailedTest): Failure {
  if (!hookTitle.test(title)) return { name: fullTitle, file, error, ...(passedLater && { passedLater }) };
  const suite = fullTitle.slice(0, -title.length).trimEnd();
  // mocha adds the test that the hook ran for, which is another one in another selection.
  return { name: `${suite} ${title.replace(/ for ".*"$/s, "")}`.trimStart(), file, hookOf: suite, error };
}

/** An expression for mocha's `grep` that finds these tests and no others; for a hook, all tests of its suite. */
export function grepOf(tests: readonly (Failure | TestEntry)[]): string {
  const parts = tests.map((test) => {
    if ("fullTitle" in test) return `${escapedTitle(test.fullTitle)}$`;
    if (test.hookOf === undefined) return `${escapedTitle(test.name)}$`;
    return test.hookOf === "" ? "" : `${escapedTitle(test.hookOf)} `;
  });
  return `^(?:${[...new Set(parts)].join("|")})`;
}

/** An expression that finds this text as it is. */
export function escapedTitle(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** How a failure's test did in a run; undefined if the run was ended before it could tell. */
export function outcomeIn(run: TestRun, failure: Failure): Outcome | undefined {
  const isIt = ({ name, file }: Failure): boolean => name === failure.name && file === failure.file;
  const failures = failuresOf(run);
  if (failures.some(isIt)) return "failed";
  if (failure.hookOf !== undefined) {
    // The hook kept its suite's tests from running, so nothing else shows how they do.
    if (failures.some(({ name, file }) => isBelowHook(failure, name, file))) return "failed";
    if (!run.ended) return undefined;
    return run.passed.some(({ fullTitle, file }) => isBelowHook(failure, fullTitle, file)) ? "passed" : "failed";
  }
  const passed = run.passed.some(({ fullTitle, file }) => fullTitle === failure.name && file === failure.file);
  if (passed) return "passed";
  // A hook before it failed, or it never began.
  return run.ended ? "failed" : undefined;
}

/** Whether a test belongs to the suite of the hook that failed. */
export function isBelowHook({ hookOf, file: ofHook }: Failure, fullTitle: string, file: string): boolean {
  if (hookOf === undefined) return false;
  return file === ofHook && (hookOf === "" || fullTitle.startsWith(`${hookOf} `));
}
