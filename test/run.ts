// `npm test`: runs every group of tests in a process of its own, holds them all against the gates, and ends with `N passed, N failed`.
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { randomInt } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { createReporter } from "../platform/progress.ts";
import { ensureTools } from "../platform/toolchain/ensure.ts";
import { readCoverage, type Coverage } from "./gates/coverage.ts";
import { examine } from "./gates/examination.ts";
import { escapedTitle } from "./gates/failure.ts";
import { countsOf, exitCodeOf, judge, type Evidence, type ExaminedRun, type Thresholds } from "./gates/gates.ts";
import type { TestRun } from "./gates/journal.ts";
import { renderGates } from "./gates/report.ts";
import { runTests, type TestRequest } from "./gates/test-process.ts";
import { groupNames, groups, usualGroups, type GroupName } from "./support/groups.ts";

/** What the user asked for: R15. */
const required: Thresholds = { passRate: 98, flaky: 2, minutes: 60, coverage: 25 };
/** What we ask of ourselves. */
const ourBar: Thresholds = { passRate: 100, countReruns: true, flaky: 2, minutes: 60, coverage: 90 };
/** All of it is over by then, in minutes: reruns are only made while there is time. */
const stopAfter = 90;

interface Options {
  readonly only?: GroupName;
  readonly seed: number;
  readonly grep?: string;
}

const options = new Command("npm test --")
  .description("Runs the project's tests in random order, and holds them against the gates.")
  .addOption(
    new Option("--only <group>", "run one group; coverage is judged with the group fast alone").choices(groupNames),
  )
  .addOption(
    new Option("--seed <number>", "repeat the order of an earlier run")
      .argParser(parseSeed)
      .default(randomInt(2 ** 31), "a new one"),
  )
  .option("--grep <text>", "run the tests whose title contains this text; coverage is then reported and not judged")
  .parse()
  .opts<Options>();

function parseSeed(value: string): number {
  if (!/^\d{1,10}$/.test(value))
    throw new InvalidArgumentError("a seed is a whole number, as an earlier run printed it.");
  return Number(value);
}

/** Before the tests, so that a build shows its progress and is no test's time. A test that misses a tool says so itself. */
async function bringTools(of: readonly GroupName[]): Promise<void> {
  const tools = [...new Set(of.flatMap((name) => groups[name].tools))];
  try {
    await ensureTools(tools, { reporter: createReporter() });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
}

process.chdir(path.join(import.meta.dirname, ".."));
const scratch = mkdtempSync(path.join(tmpdir(), "atom-test-"));
const stopAt = Date.now() + stopAfter * 60_000;
const names = options.only ? [options.only] : usualGroups;
const runs: ExaminedRun[] = [];
let coverage: Coverage | undefined;

try {
  console.log(`Random order with seed ${options.seed} (repeat it with: npm test -- --seed ${options.seed})`);
  await bringTools(names);
  const firstRuns: { readonly name: GroupName; readonly request: TestRequest; readonly run: TestRun }[] = [];
  for (const name of names) {
    const { about, files, minutes } = groups[name];
    console.log(`\n── ${name}: ${about}`);
    const request: TestRequest = {
      files: globSync([...files]).sort(),
      seed: options.seed,
      forbidPending: true,
      // Long enough for a busy machine: how long a test takes decides nothing.
      timeoutMs: 60_000,
      ...(options.grep === undefined ? {} : { grep: escapedTitle(options.grep) }),
    };
    const deadline = Math.min(stopAt, Date.now() + minutes * 60_000);
    // This group covers nearly all lines by itself; the others, with their many processes, need not be slowed down by measuring.
    const measured = name === "fast" ? { coverage: scratch } : {};
    firstRuns.push({ name, request, run: await runTests(request, { deadline, ...measured }) });
  }
  // Afterwards, so that it takes no time from a group that has not run yet.
  for (const { name, request, run } of firstRuns) {
    if (run.failed.length > 0) console.log(`\n── ${name}: what failed, again`);
    const searchUntil = Math.min(stopAt, Date.now() + groups[name].searchMinutes * 60_000);
    const findings = await examine(request, run, { run: runTests, now: Date.now, rerunUntil: stopAt, searchUntil });
    runs.push({ name: `the group ${name}`, run, findings });
  }
  if (names.includes("fast")) coverage = await readCoverage(scratch);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

// What a part of the group covers says nothing about the whole.
const evidence: Evidence = coverage === undefined || options.grep !== undefined ? { runs } : { runs, coverage };
// Once more at the end: whoever sees only the last lines of a log should see what failed.
for (const { name, findings } of runs)
  for (const { failure } of findings)
    console.error(`\nFAILED ${[`${name}: ${failure.name}`, ...failure.error].join("\n    ")}`);
const ours = judge(evidence, ourBar);
console.log(`\n${renderGates("What the user asked for (R15)", judge(evidence, required))}`);
console.log(`\n${renderGates("What we ask of ourselves", ours)}`);
const { passed, failed } = countsOf(evidence, ourBar);
// A gate that no failed test explains counts as one more.
const missed = ours.filter(({ gate, met }) => !met && (gate === "complete" || gate === "time" || gate === "coverage"));
if (exitCodeOf(ours) !== 0) console.log(`\nThe order's seed was ${options.seed}`);
console.log(`\n${passed} passed, ${failed + missed.length} failed`);
process.exitCode = exitCodeOf(ours);
