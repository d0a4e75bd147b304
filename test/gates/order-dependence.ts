import { culpritsAmong } from "./culprits.ts";
import type { ExaminationMeans } from "./examination.ts";
import { grepOf, outcomeIn, type Failure, type Outcome } from "./failure.ts";
import type { TestEntry, TestRun } from "./journal.ts";
import type { TestRequest } from "./test-process.ts";

/** How often a suspicion has to come true, each time with the tests and without them: a flaky test seldom plays along. */
const confirmations = 2;

/**
 * Which tests decide whether another one passes: "fails after «x»", or "fails without «x» before it". Undefined if none do, or if the time for the
 * search is over before that is sure.
 */
export async function findOrderDependence(
  request: TestRequest,
  run: TestRun,
  failure: Failure,
  means: ExaminationMeans,
): Promise<string | undefined> {
  // What ran before a hook is no list of tests: its own suite's hooks are among it.
  if (failure.hookOf !== undefined) return undefined;
  const probe: Probe = async (before, reversed) => {
    if (means.now() >= means.searchUntil) return undefined;
    const files = [...new Set([...before.map(({ file }) => file), failure.file])];
    const part = { ...request, files, grep: grepOf([...before, failure]), reversed };
    return outcomeIn(await means.run(part, { deadline: means.searchUntil }), failure);
  };
  const alone = await probe([], false);
  if (alone === "passed") {
    const culprits = await deciding(scopesBefore(run, failure), "failed", (before) => probe(before, false));
    return culprits && `it passes alone and fails after ${names(culprits)}`;
  }
  if (alone === "failed") {
    const inFile = await means.run(
      { ...request, files: [failure.file], reversed: true },
      { deadline: means.searchUntil },
    );
    const culprits = await deciding([scopesBefore(inFile, failure)[0]], "passed", (before) => probe(before, true));
    return culprits && `it fails alone and passes after ${names(culprits)}`;
  }
  return undefined;
}

/** How the test does after these tests, in the run's order or against it. */
type Probe = (before: readonly TestEntry[], reversed: boolean) => Promise<Outcome | undefined>;

/** The first of these lists of tests that brings about the outcome, made as short as it can be. */
async function deciding(
  scopes: readonly (readonly TestEntry[])[],
  wanted: Outcome,
  probe: (before: readonly TestEntry[]) => Promise<Outcome | undefined>,
): Promise<readonly TestEntry[] | undefined> {
  for (const suspects of scopes) {
    if (suspects.length === 0 || (await probe(suspects)) !== wanted) continue;
    const culprits = await culpritsAmong(suspects, async (tests) => {
      const outcome = await probe(tests);
      return outcome && outcome === wanted;
    });
    if (culprits === undefined) return undefined;
    for (let count = 0; count < confirmations; count += 1) {
      const without = await probe([]);
      if (without === undefined || without === wanted || (await probe(culprits)) !== wanted) return undefined;
    }
    return culprits;
  }
  return undefined;
}

/** The tests that began before this one in a run: those of its own file, for they are the likelier and the cheaper ones, then all. */
function scopesBefore(run: TestRun, failure: Failure): readonly [readonly TestEntry[], readonly TestEntry[]] {
  const place = run.began.findIndex(({ fullTitle, file }) => fullTitle === failure.name && file === failure.file);
  const before = run.began.slice(0, Math.max(0, place));
  const ofFile = before.filter(({ file }) => file === failure.file);
  return [ofFile, ofFile.length === before.length ? [] : before];
}

function names(tests: readonly TestEntry[]): string {
  const [first, ...others] = tests.map(({ fullTitle }) => `«${fullTitle}»`);
  const shown = [first, ...others.slice(0, 4)].join(", ");
  return others.length > 4 ? `${shown} and ${others.length - 4} more` : shown;
}
