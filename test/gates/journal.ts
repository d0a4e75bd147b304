/** What mocha's own JSON reporters say of a test, with the file as a path from the project's root. */
export interface TestEntry {
  readonly title: string;
  readonly fullTitle: string;
  readonly file: string;
}

export interface FinishedTest extends TestEntry {
  /** In milliseconds. */
  readonly duration: number;
}

export interface FailedTest extends FinishedTest {
  /** The message, and the lines of the stack that lie in the project. */
  readonly error: readonly string[];
  /** It passed afterwards, when mocha tried it again as its suite asks (`retries`): this hides what we look for. */
  readonly passedLater?: true;
}

/**
 * The lines that a run writes while it goes, as mocha's reporter `json-stream` has them, and one when a test begins: a run that is ended from
 * outside has still told what it did, and what it was at.
 */
export type JournalLine =
  | readonly ["start", { readonly total: number }]
  | readonly ["test", TestEntry]
  | readonly ["pass", FinishedTest]
  | readonly ["pending", TestEntry]
  | readonly ["fail", FailedTest]
  | readonly ["end", { readonly failures: number }];

/** How a run of tests went. */
export interface TestRun {
  readonly seed: number;
  /** All in the order in which they ran. */
  readonly passed: readonly FinishedTest[];
  readonly failed: readonly FailedTest[];
  readonly pending: readonly TestEntry[];
  /** Every test that began, failed and passed, in order. */
  readonly began: readonly TestEntry[];
  /** The run came to its own end. If not, the last of `began` is what it was at. */
  readonly ended: boolean;
  /** Wall time of the process, in seconds. */
  readonly seconds: number;
}

/** Reads a journal; its last line may be cut off. */
export function readJournal(text: string, { seed, seconds }: Pick<TestRun, "seed" | "seconds">): TestRun {
  const passed: FinishedTest[] = [];
  const failed: FailedTest[] = [];
  const pending: TestEntry[] = [];
  const began: TestEntry[] = [];
  let ended = false;
  for (const [event, entry] of journalLines(text)) {
    if (event === "test") began.push(entry);
    else if (event === "pass") passed.push(entry);
    else if (event === "fail") failed.push(entry);
    else if (event === "pending") pending.push(entry);
    else if (event === "end") ended = true;
  }
  return { seed, passed, failed, pending, began, ended, seconds };
}

/** The whole lines of a part of a journal that begins with a line. */
export function journalLines(text: string): readonly JournalLine[] {
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as JournalLine);
}
