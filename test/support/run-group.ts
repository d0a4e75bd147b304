// Runs one group of tests in random order: node test/support/run-group.ts GROUP SEED RESULT-FILE [GREP]
import { globSync, writeFileSync } from "node:fs";
import path from "node:path";
import Mocha from "mocha";
import { groups, type GroupName } from "./groups.ts";
import { shuffled, randomSource } from "./shuffle.ts";

export interface GroupResult {
  readonly passed: number;
  readonly failed: number;
  /** Title, error and place of each failed test or hook. */
  readonly failures: readonly string[];
}

/** Longest time that open handles may keep the process alive after the last test, in milliseconds. */
const lingerMs = 5_000;

const [name = "", seed = "0", resultFile = "", grep = ""] = process.argv.slice(2);
if (import.meta.main) await runGroup(name as GroupName, Number(seed), resultFile, grep);

async function runGroup(name: GroupName, seed: number, resultFile: string, grep: string): Promise<void> {
  const random = randomSource(seed);
  const mocha = new Mocha({
    // Long enough for a busy machine: how long a test takes decides nothing.
    timeout: 60_000,
    forbidOnly: true,
    forbidPending: true,
    reporter: "spec",
    ...(grep === "" ? {} : { fgrep: grep }),
  });
  for (const file of shuffled(globSync([...groups[name].files]).sort(), random)) mocha.addFile(path.resolve(file));
  await mocha.loadFilesAsync();
  shuffleSuite(mocha.suite, random);
  const failures: string[] = [];
  const result = await new Promise<GroupResult>((resolve) => {
    const runner = mocha.run((failed) => {
      resolve({ passed: runner.stats?.passes ?? 0, failed, failures });
    });
    runner.on("fail", (test, error: Error) => {
      const message = error.message.split("\n").slice(0, 12);
      const failure = [test.fullTitle(), ...message, ...placesOf(error)].join("\n    ");
      failures.push(failure);
      // The reporter tells of errors at its end, which may be an hour away.
      console.error(failure);
    });
  });
  writeFileSync(resultFile, JSON.stringify(result));
  process.exitCode = result.failed === 0 ? 0 : 1;
  setTimeout(() => {
    console.error(
      "A test left something open (a server, a timer or a child process); see process.getActiveResourcesInfo():",
    );
    console.error(process.getActiveResourcesInfo().join(", "));
    process.exit();
  }, lingerMs).unref();
}

/** The lines of an error's stack that lie in the tests, as paths from the project's root. */
function placesOf({ stack = "" }: Error): readonly string[] {
  const root = `${process.cwd()}${path.sep}`;
  return stack
    .split("\n")
    .filter((line) => line.trimStart().startsWith("at ") && line.includes(`${root}test`))
    .map((line) => line.trim().replace("file://", "").replace(root, ""));
}

/** Puts the tests and suites of a suite, and of all below it, into random order. */
function shuffleSuite(suite: Mocha.Suite, random: () => number): void {
  suite.tests = shuffled(suite.tests, random);
  suite.suites = shuffled(suite.suites, random);
  for (const child of suite.suites) shuffleSuite(child, random);
}
