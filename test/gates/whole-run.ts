import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createReporter, type ReporterClock } from "../../platform/progress.ts";
import { readCheckout } from "./checkout.ts";
import { readCoverage, type Coverage } from "./coverage.ts";
import { examine, type Finding } from "./examination.ts";
import { escapedTitle } from "./failure.ts";
import { entriesOf, readFlakyRecord, withHistory, writeFlakyRecord } from "./flaky-record.ts";
import { refusedFlaky } from "./flaky.ts";
import { exitCodeOf, judge, type Evidence, type ExaminedRun, type Thresholds } from "./gates.ts";
import type { TestEntry, TestRun } from "./journal.ts";
import { runSideBySide, type Part } from "./side-by-side.ts";
import { renderSummary } from "./summary.ts";
import { runTests, type TestRequest } from "./test-process.ts";
import { titlesOf, writeTitles } from "./titles.ts";

/** A group of test files that share a process, or a few. */
export interface TestGroup {
  readonly about: string;
  /** Globs of test files, from the working folder. */
  readonly files: readonly string[];
  /** `nightly`: it runs where it is asked for by name, and is named as left out where it does not run. */
  readonly runs: "always" | "nightly";
  /** The time after which the group's process is killed, in minutes. */
  readonly minutes: number;
  /** How long to look for the tests that a failed one depends on, in minutes; 0 where each start of the group takes minutes. */
  readonly searchMinutes: number;
  /** By how much its priority is lower than that of the other groups beside it: 0 to 19, as `nice` has it. */
  readonly niceness: number;
  /** It runs before the others, which share the processors afterwards: its tests take all that there is. @default false */
  readonly first?: boolean;
  /** Its files are dealt over so many processes, which run at the same time. @default 1 */
  readonly processes?: number;
  /** Coverage is measured over this group. @default false */
  readonly measured?: boolean;
}

export interface WholeRunOptions {
  readonly groups: Readonly<Record<string, TestGroup>>;
  /** The one group to run. @default all that always run */
  readonly only?: string;
  readonly seed: number;
  /** Run the tests whose title contains this text; coverage is then not judged. */
  readonly grep?: string;
  /** Folder for logs, titles and the record of flaky tests. */
  readonly results: string;
  /** When all is to be over, in milliseconds since the epoch: what runs then is killed, and judged as incomplete. */
  readonly stopAt: number;
  /** Called before the first test, with the groups that will run. */
  readonly prepare: (names: readonly string[]) => Promise<void>;
  /** Gates that are printed with their title; the last ones decide. */
  readonly gates: readonly { readonly title: string; readonly thresholds: Thresholds }[];
}

/** The files of a group that share a process. */
interface GroupPart extends Part {
  readonly groupName: string;
  readonly group: TestGroup;
}

interface GroupRun extends GroupPart {
  readonly run: TestRun;
}

/**
 * Runs groups of tests side by side, examines what failed, prints how it went and returns the exit code.
 *
 * @throws FlakyRecordError, before the first test, where the record of earlier runs cannot be read
 */
export async function runGroups(options: WholeRunOptions): Promise<number> {
  const { results, seed } = options;
  const names = namesToRun(options);
  const recordFile = path.join(results, "flaky.json");
  const record = readFlakyRecord(recordFile);
  const checkout = readCheckout(process.cwd());
  console.log(`Random order with seed ${seed} (repeat it with: npm test -- --seed ${seed})`);
  await options.prepare(names);

  const scratch = mkdtempSync(path.join(tmpdir(), "atom-test-"));
  try {
    const start = performance.now();
    const groupRuns = await firstRuns(options, names, scratch);
    const seconds = (performance.now() - start) / 1000;
    const runs: ExaminedRun[] = [];
    // After all groups: on a quiet machine, and without taking time from a group that has not ended.
    for (const groupRun of groupRuns) {
      const findings = withHistory(await examined(groupRun, options.stopAt), record, checkout);
      runs.push({ name: `the group ${groupRun.name}`, run: groupRun.run, findings });
    }
    const coverage = names.some((name) => options.groups[name]?.measured) ? await coverageIn(scratch) : undefined;
    // What a part of the group covers says nothing about the whole.
    const judged = options.grep === undefined && coverage !== undefined ? { coverage } : {};
    const evidence: Evidence = { runs, seconds, ...judged };
    const gates = options.gates.map(({ title, thresholds }) => ({
      title,
      thresholds,
      results: judge(evidence, thresholds),
    }));
    const findings = runs.flatMap((run) => run.findings);
    const refused = refusedFlaky(findings, options.gates.at(-1)!.thresholds.flaky);
    const entries = entriesOf(runs, checkout, refused, new Date());
    if (entries.length > 0) writeFlakyRecord(recordFile, [...record, ...entries]);
    const titles = Object.fromEntries(
      names.map((name) => {
        const ofGroup = runs.filter((_, index) => groupRuns[index]!.groupName === name);
        return [name, titlesOf(ofGroup.flatMap(testsOf))];
      }),
    );
    writeTitles(path.join(results, "titles.json"), {
      ...(checkout.commit === undefined ? {} : { commit: checkout.commit }),
      groups: titles,
      notRun: Object.keys(options.groups).filter((name) => !names.includes(name)),
    });
    console.log(renderSummary({ evidence, gates, refused, recordFile, seed, leftOut: leftOutBy(options) }));
    return exitCodeOf(gates.at(-1)!.results);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function namesToRun({ groups, only }: WholeRunOptions): readonly string[] {
  if (only !== undefined) return [only];
  return Object.entries(groups).flatMap(([name, { runs }]) => (runs === "always" ? [name] : []));
}

/** All tests that ran, be it only again. */
function testsOf({ run, findings }: ExaminedRun): readonly TestEntry[] {
  return [...run.began, ...findings.flatMap(({ recovered }) => recovered)];
}

/** What a run of everything leaves out; a run of one group leaves out what it was told to. */
function leftOutBy({ groups, only }: WholeRunOptions): Readonly<Record<string, TestGroup>> {
  if (only !== undefined) return {};
  return Object.fromEntries(Object.entries(groups).filter(([, { runs }]) => runs === "nightly"));
}

async function firstRuns(
  options: WholeRunOptions,
  names: readonly string[],
  scratch: string,
): Promise<readonly GroupRun[]> {
  const parts = names.flatMap((name) => partsOf(name, options, scratch));
  for (const name of names) console.log(`── ${name}: ${options.groups[name]!.about}`);
  const [single] = parts;
  if (parts.length === 1 && single !== undefined)
    return [{ ...single, run: await runTests(single.request, { ...single.options, niceness: 0 }) }];
  const runs = new Map<string, TestRun>();
  const first = parts.filter(({ group }) => group.first === true);
  for (const stage of [first, parts.filter((part) => !first.includes(part))]) {
    if (stage.length === 0) continue;
    const ended = await runSideBySide(stage, {
      run: runTests,
      reporter: createReporter(process.stdout, slowClock),
      logs: options.results,
      showOutput: !process.stdout.isTTY,
    });
    for (const [index, { name }] of stage.entries()) runs.set(name, ended[index]!);
  }
  return parts.map((part) => ({ ...part, run: runs.get(part.name)! }));
}

function partsOf(name: string, options: WholeRunOptions, scratch: string): readonly GroupPart[] {
  const group = options.groups[name];
  if (group === undefined)
    throw new Error(`There is no group "${name}"; there are ${Object.keys(options.groups).join(", ")}.`);
  const { processes = 1 } = group;
  const deadline = Math.min(options.stopAt, Date.now() + group.minutes * 60_000);
  // One group covers nearly all lines by itself; the others, with their many processes, need not be slowed down by measuring.
  const measured = group.measured === true ? { coverage: scratch } : {};
  return Array.from({ length: processes }, (_, part) => {
    const request: TestRequest = {
      files: filesOf(group).filter((_file, index) => index % processes === part),
      seed: options.seed,
      forbidPending: true,
      // Long enough for a machine that runs other groups too: how long a test takes decides nothing.
      timeoutMs: 120_000,
      ...(options.grep === undefined ? {} : { grep: escapedTitle(options.grep) }),
    };
    return {
      ...{ name: processes === 1 ? name : `${name}-${part + 1}`, groupName: name, group, request },
      options: { deadline, niceness: group.niceness, ...measured },
    };
  });
}

/** A group's files, each once. */
export function filesOf({ files }: Pick<TestGroup, "files">): readonly string[] {
  return [...new Set(globSync([...files]))].sort();
}

/** Progress once a minute in a log, where each line stays. */
const slowClock: ReporterClock = {
  now: () => performance.now(),
  every(milliseconds, callback) {
    const timer = setInterval(callback, process.stdout.isTTY ? milliseconds : 60_000).unref();
    return () => {
      clearInterval(timer);
    };
  },
};

async function examined({ name, group, request, run }: GroupRun, stopAt: number): Promise<readonly Finding[]> {
  if (run.failed.length > 0) console.log(`\n── ${name}: what failed, again`);
  const searchUntil = Math.min(stopAt, Date.now() + group.searchMinutes * 60_000);
  return await examine(request, run, { run: runTests, now: Date.now, rerunUntil: stopAt, searchUntil });
}

/** Nothing is covered where it cannot be read: the verdict on the tests is not to be lost with it. */
async function coverageIn(raw: string): Promise<Coverage> {
  try {
    return await readCoverage(raw);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { lines: 0, behind: [] };
  }
}
