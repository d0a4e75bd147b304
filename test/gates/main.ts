// `npm run gates -- FILES`: runs any project's mocha tests in random order, examines what fails, and holds them against the gates.
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { randomInt } from "node:crypto";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { readCheckout } from "./checkout.ts";
import { readCoverage } from "./coverage.ts";
import { examine } from "./examination.ts";
import { entriesOf, FlakyRecordError, readFlakyRecord, withHistory, writeFlakyRecord } from "./flaky-record.ts";
import { refusedFlaky } from "./flaky.ts";
import { exitCodeOf, exitCodes, judge, type ExaminedRun } from "./gates.ts";
import { renderGates } from "./report.ts";
import { runTests } from "./test-process.ts";
import { compareTitles, readTitles, renderTitleChanges, TitleListError } from "./titles.ts";

/** What a mistake in the command ends with. */
const usage = 2;
/** What a comparison ends with that finds a title missing. */
const titleLost = 1;

interface Options {
  readonly seed: number;
  readonly runs: number;
  readonly passRate: number;
  readonly flaky: number;
  readonly record?: string;
  readonly titles?: true;
  readonly minutes: number;
  readonly coverage?: number;
  readonly stopAfter: number;
  readonly searchFor: number;
  readonly timeout: number;
}

const help = `
Each test that fails is run again, twice, in a process of its own with the other failed ones. If it passes both times, it is flaky; otherwise
the tests before it are halved and halved again to find those that decide, and if there are any, it is order-dependent.
With --record, the tests that passed and failed are kept in that file; one that is flaky again in the same checkout is not let through.
With --titles, FILES are two lists that runs wrote (titles.json): each title that only one of them has is printed. It ends with 1 if one was lost.
What node needs to load your tests goes into NODE_OPTIONS, and what counts for the coverage into .c8rc.json.

Exit codes (of the first missed gate in this order):
  0   all gates are met
  ${titleLost}   a title was lost (--titles)
  ${usage}   a mistake in the command
${Object.entries(exitCodes)
  .map(([gate, code]) => `  ${code}  ${gate}`)
  .join("\n")}`;

function atLeast(least: number, whole: boolean): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value.trim() === "" || !(number >= least) || (whole && !Number.isSafeInteger(number)))
      throw new InvalidArgumentError(`it has to be a ${whole ? "whole " : ""}number, ${least} or more.`);
    return number;
  };
}

const program = new Command("npm run gates --")
  .description("Holds a mocha suite against quality gates: pass rate, order, determinism, time, coverage.")
  .argument("[files...]", "test files, or globs of them, from the working folder")
  .addOption(
    new Option("--seed <number>", "repeat the order of an earlier run")
      .argParser(atLeast(0, true))
      .default(randomInt(2 ** 31), "a new one"),
  )
  .option("--runs <number>", "how often all tests are run, each time in another order", atLeast(1, true), 1)
  .option("--pass-rate <percent>", "share of the tests that have to pass at once", atLeast(0, false), 98)
  .option(
    "--flaky <number>",
    "flaky tests that are let through; they still count as failed in the pass rate",
    atLeast(0, true),
    0,
  )
  .option("--record <file>", "where the flaky tests of earlier runs are, and those of this one are added")
  .option("--titles", "compare the titles of two runs")
  .option("--minutes <number>", "wall time that all runs may take together", atLeast(0, false), 60)
  .option(
    "--coverage <percent>",
    "share of the lines that have to be covered (default: not measured)",
    atLeast(0, false),
  )
  .option("--stop-after <minutes>", "wall time after which all is ended, reruns too", atLeast(0, false), 90)
  .option("--search-for <minutes>", "how long to look for the tests that a failed one depends on", atLeast(0, false), 5)
  .option("--timeout <ms>", "for each test that has no timeout of its own", atLeast(1, true), 60_000)
  .addHelpText("after", help)
  .exitOverride();

try {
  program.parse();
  const options = program.opts<Options>();
  if (program.args.length === 0) program.error("error: missing required argument 'files'");
  process.exitCode = options.titles === true ? compare(program.args) : await gate(program.args, options);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : usage;
  else if (error instanceof FlakyRecordError || error instanceof TitleListError) {
    console.error(error.message);
    process.exitCode = usage;
  } else throw error;
}

function compare(files: readonly string[]): number {
  const [before, after] = files;
  if (files.length !== 2 || before === undefined || after === undefined)
    return program.error("error: --titles takes two lists of titles");
  const changes = compareTitles(readTitles(before), readTitles(after));
  console.log(renderTitleChanges(changes));
  return changes.lost.length === 0 ? 0 : titleLost;
}

async function gate(globs: readonly string[], options: Options): Promise<number> {
  const files = [...new Set(globSync([...globs]))].sort();
  if (files.length === 0) {
    console.error(`There is no file that fits ${globs.join(" ")}.`);
    return usage;
  }
  const record = options.record === undefined ? [] : readFlakyRecord(options.record);
  const checkout = readCheckout(process.cwd());
  const scratch = mkdtempSync(path.join(tmpdir(), "gates-coverage-"));
  try {
    const stopAt = Date.now() + options.stopAfter * 60_000;
    const runs: ExaminedRun[] = [];
    for (let count = 0; count < options.runs; count += 1) {
      const request = { files, seed: options.seed + count, timeoutMs: options.timeout };
      console.log(`Random order with seed ${request.seed} (repeat it with --seed ${request.seed})`);
      const measured = options.coverage === undefined ? {} : { coverage: scratch };
      const run = await runTests(request, { deadline: stopAt, ...measured });
      const searchUntil = Math.min(stopAt, Date.now() + options.searchFor * 60_000);
      const means = { run: runTests, now: Date.now, rerunUntil: stopAt, searchUntil };
      const findings = withHistory(await examine(request, run, means), record, checkout);
      runs.push({ name: `the run with seed ${request.seed}`, run, findings });
    }
    const coverage = options.coverage === undefined ? {} : { coverage: await readCoverage(scratch) };
    const results = judge({ runs, ...coverage }, { ...options, coverage: options.coverage ?? 0 });
    if (options.record !== undefined) {
      const all = runs.flatMap(({ findings }) => findings);
      const entries = entriesOf(runs, checkout, refusedFlaky(all, options.flaky), new Date());
      if (entries.length > 0) writeFlakyRecord(options.record, [...record, ...entries]);
    }
    console.log(`\n${renderGates("Gates", results)}`);
    return exitCodeOf(results);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
