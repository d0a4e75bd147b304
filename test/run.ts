// `npm test`: runs the groups of tests side by side, holds them all against the gates, and ends with `N passed, N failed`.
import { randomInt } from "node:crypto";
import path from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { createReporter } from "../platform/progress.ts";
import { ensureTools } from "../platform/toolchain/ensure.ts";
import { FlakyRecordError } from "./gates/flaky-record.ts";
import type { Thresholds } from "./gates/gates.ts";
import { listTitles } from "./gates/listing.ts";
import { writeTitles } from "./gates/titles.ts";
import { stopTime, StopTimeError } from "./gates/stop-time.ts";
import { runGroups } from "./gates/whole-run.ts";
import { groupNames, groups, type GroupName } from "./support/groups.ts";

/** What the user asked for: R15. */
const required: Thresholds = { passRate: 98, flaky: 2, minutes: 60, coverage: 25 };
/** What we ask of ourselves. */
const ourBar: Thresholds = { passRate: 100, countReruns: true, flaky: 2, minutes: 60, coverage: 90 };
/** All of it is over by then, in minutes from its start: reruns are only made while there is time. */
const stopAfter = 90;
interface Options {
  readonly only?: GroupName;
  readonly seed: number;
  readonly grep?: string;
  readonly results: string;
  readonly list?: string;
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
  .option("--results <folder>", "for each group's output, the titles of what ran, and the flaky tests", "test/results")
  .option("--list <file>", "run nothing, and write the titles of all tests into this file")
  .parse()
  .opts<Options>();

function parseSeed(value: string): number {
  if (!/^\d{1,10}$/.test(value))
    throw new InvalidArgumentError("a seed is a whole number, as an earlier run printed it.");
  return Number(value);
}

/** Before the tests, so that a build shows its progress and is no test's time. A test that misses a tool says so itself. */
async function bringTools(names: readonly string[], until: number): Promise<void> {
  const tools = [...new Set(groupNames.filter((name) => names.includes(name)).flatMap((name) => groups[name].tools))];
  try {
    const signal = AbortSignal.timeout(Math.max(0, until - Date.now()));
    await ensureTools(tools, { reporter: createReporter(), signal });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
}

const root = path.join(import.meta.dirname, "..");
const results = path.relative(root, path.resolve(options.results));
const list = options.list === undefined ? undefined : path.resolve(options.list);
process.chdir(root);
if (list !== undefined) {
  const chosen = options.only === undefined ? groups : { [options.only]: groups[options.only] };
  writeTitles(list, await listTitles(chosen, path.join(results, "list.log")));
} else {
  try {
    const until = stopTime(stopAfter, Date.now(), process.env);
    process.exitCode = await runGroups({
      ...{ groups, seed: options.seed, results, stopAt: until },
      ...(options.only === undefined ? {} : { only: options.only }),
      ...(options.grep === undefined ? {} : { grep: options.grep }),
      prepare: (names) => bringTools(names, until),
      gates: [
        { title: "What the user asked for (R15)", thresholds: required },
        { title: "What we ask of ourselves", thresholds: ourBar },
      ],
    });
  } catch (error) {
    if (!(error instanceof FlakyRecordError || error instanceof StopTimeError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
