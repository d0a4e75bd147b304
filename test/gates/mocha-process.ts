// Runs test files with mocha in a process of their own: node test/gates/mocha-process.ts REQUEST-FILE
import { appendFileSync, readFileSync } from "node:fs";
import path from "node:path";
import Mocha from "mocha";
import type { JournalLine, TestEntry } from "./journal.ts";
import { inRandomOrder } from "./order.ts";

/** What to run, and how. */
export interface RunRequest {
  /** Test files, as paths from the working folder. */
  readonly files: readonly string[];
  readonly seed: number;
  /** Run the seed's order from its end to its beginning. @default false */
  readonly reversed?: boolean;
  /** Run the tests whose full title this expression finds. @default all */
  readonly grep?: string;
  /** A test that calls `skip` has failed. @default false */
  readonly forbidPending?: boolean;
  /** Run no test and no hook: each test passes. @default false */
  readonly dryRun?: boolean;
  /** For each test and hook that has no timeout of its own, in milliseconds. */
  readonly timeoutMs: number;
  /** The file for {@link JournalLine}s. */
  readonly journal: string;
}

/** Longest time that open handles may keep the process alive after the last test, in milliseconds. */
const lingerMs = 5_000;

if (import.meta.main) await runTests(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as RunRequest);

async function runTests(request: RunRequest): Promise<void> {
  const mocha = new Mocha({
    timeout: request.timeoutMs,
    forbidOnly: true,
    forbidPending: request.forbidPending ?? false,
    reporter: "spec",
    dryRun: request.dryRun ?? false,
    ...(request.grep === undefined ? {} : { grep: new RegExp(request.grep) }),
  });
  for (const file of arranged(request.files, String, request)) mocha.addFile(path.resolve(file));
  await mocha.loadFilesAsync();
  arrange(mocha.suite, request);
  const write = (line: JournalLine): void => {
    appendFileSync(request.journal, `${JSON.stringify(line)}\n`);
  };
  const runner = mocha.run((failures) => {
    write(["end", { failures }]);
    process.exitCode = failures === 0 ? 0 : 1;
    endSoon();
  });
  runner.on("start", () => {
    write(["start", { total: runner.total }]);
  });
  runner.on("test", (test) => {
    write(["test", entryOf(test)]);
  });
  const retried = new Map<string, unknown>();
  runner.on("retry", (test: Mocha.Test, thrown: unknown) => {
    retried.set(test.fullTitle(), thrown);
  });
  runner.on("pass", (test) => {
    const finished = { ...entryOf(test), duration: test.duration ?? 0 };
    const earlier = retried.get(test.fullTitle());
    if (earlier === undefined) write(["pass", finished]);
    else write(["fail", { ...finished, error: linesOf(earlier), passedLater: true }]);
  });
  runner.on("pending", (test) => {
    write(["pending", entryOf(test)]);
  });
  runner.on("fail", (test, thrown: unknown) => {
    const error = linesOf(thrown);
    write(["fail", { ...entryOf(test), duration: test.duration ?? 0, error }]);
    // The reporter tells of errors at its end, which may be an hour away.
    console.error([test.fullTitle(), ...error].join("\n    "));
  });
}

function entryOf(test: Mocha.Runnable): TestEntry {
  return { title: test.title, fullTitle: test.fullTitle(), file: path.relative(process.cwd(), test.file ?? "") };
}

/** The message of what was thrown, and the lines of its stack that lie in the project, as paths from its root. */
function linesOf(thrown: unknown): readonly string[] {
  if (!(thrown instanceof Error)) return [String(thrown)];
  const root = `${process.cwd()}${path.sep}`;
  const places = (thrown.stack ?? "")
    .split("\n")
    .filter((line) => line.trimStart().startsWith("at ") && line.includes(root) && !line.includes("node_modules"))
    .map((line) => line.trim().replace("file://", "").replace(root, ""));
  return [...endsOf(thrown.message.split("\n")), ...places];
}

/** What a long message begins and ends with: of what a process printed, the end says why it ended. */
function endsOf(lines: readonly string[], first = 6, last = 12): readonly string[] {
  return lines.length <= first + last ? lines : [...lines.slice(0, first), "[…]", ...lines.slice(-last)];
}

/** Puts the tests and suites of a suite, and of all below it, into the request's order. */
function arrange(suite: Mocha.Suite, request: RunRequest): void {
  suite.tests = arranged(suite.tests, (test) => test.title, request);
  suite.suites = arranged(
    suite.suites,
    ({ title, file }) => `${file === undefined ? "" : path.relative(process.cwd(), file)}\0${title}`,
    request,
  );
  for (const child of suite.suites) arrange(child, request);
}

function arranged<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  { seed, reversed }: RunRequest,
): Item[] {
  const ordered = inRandomOrder(items, nameOf, seed);
  return reversed === true ? ordered.reverse() : ordered;
}

/** Ends the process where a test has left something open, and says what. */
function endSoon(): void {
  setTimeout(() => {
    console.error(
      "A test left something open (a server, a timer or a child process); see process.getActiveResourcesInfo():",
    );
    console.error(process.getActiveResourcesInfo().join(", "));
    process.exit();
  }, lingerMs).unref();
}
