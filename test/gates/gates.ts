import type { Coverage } from "./coverage.ts";
import type { Finding, Kind } from "./examination.ts";
import type { FinishedTest, TestRun } from "./journal.ts";

/** One run of tests in a process, and what was found out about its failures. */
export interface ExaminedRun {
  readonly name: string;
  readonly run: TestRun;
  readonly findings: readonly Finding[];
}

/** All that the gates judge. */
export interface Evidence {
  readonly runs: readonly ExaminedRun[];
  /** Undefined where it was not measured, as with a part of the tests: then it is not judged. */
  readonly coverage?: Coverage;
}

/** What a suite has to reach. */
export interface Thresholds {
  /** Share of the tests that pass at once, in percent. */
  readonly passRate: number;
  /** Wall time of the runs without reruns, in minutes. */
  readonly minutes: number;
  /** Share of lines that are covered, in percent. */
  readonly coverage: number;
}

/** What a missed gate ends the process with. Where several are missed, the first one here decides. */
export const exitCodes = {
  complete: 21,
  order: 22,
  determinism: 23,
  "pass rate": 24,
  time: 25,
  coverage: 26,
} as const;

export type GateName = keyof typeof exitCodes;

export interface GateResult {
  readonly gate: GateName;
  readonly met: boolean;
  readonly measured: string;
  readonly asked: string;
  /** The names of the tests or files that it is about. */
  readonly culprits: readonly string[];
}

/** How many of the slowest tests, and of the files with the least coverage, are named. */
const named = 5;

/** Holds the evidence against each gate, in the order of {@link exitCodes}. */
export function judge(evidence: Evidence, thresholds: Thresholds): readonly GateResult[] {
  const results = [
    completeness(evidence),
    without(evidence, "order", "order-dependent", "no test depends on which ones ran before it"),
    without(evidence, "determinism", "flaky", "no test passes and fails with nothing changed"),
    passRate(evidence, thresholds),
    time(evidence, thresholds),
  ];
  return evidence.coverage === undefined ? results : [...results, lines(evidence.coverage, thresholds)];
}

/** 0 if all gates are met. */
export function exitCodeOf(results: readonly GateResult[]): number {
  const missed = results.find(({ met }) => !met);
  return missed === undefined ? 0 : exitCodes[missed.gate];
}

/** Passed and failed tests of all runs; a failed hook counts as a failed test. */
export function countsOf({ runs }: Evidence): { readonly passed: number; readonly failed: number } {
  const failed = runs.reduce((sum, { findings }) => sum + findings.length, 0);
  return { passed: runs.reduce((sum, { run }) => sum + run.passed.length, 0), failed };
}

function completeness(evidence: Evidence): GateResult {
  const { runs } = evidence;
  const cut = runs
    .filter(({ run }) => !run.ended)
    .map(({ name, run }) => {
      const last = run.began.at(-1)?.fullTitle;
      return `${name} ended ${last === undefined ? "before its first test" : `early, during or after «${last}»`}`;
    });
  const { passed, failed } = countsOf(evidence);
  return {
    gate: "complete",
    met: cut.length === 0 && passed + failed > 0,
    measured: `${runs.length - cut.length} of ${runs.length}`,
    asked: "each run comes to its own end, and there are tests",
    culprits: cut.length === 0 && passed + failed === 0 ? ["no test was run"] : cut,
  };
}

function passRate(evidence: Evidence, { passRate: floor }: Thresholds): GateResult {
  const { passed, failed } = countsOf(evidence);
  const rate = passed + failed === 0 ? 0 : (100 * passed) / (passed + failed);
  return {
    gate: "pass rate",
    met: rate >= floor,
    measured: `${percent(rate)} (${passed} passed, ${failed} failed)`,
    asked: `at least ${percent(floor)}`,
    culprits: evidence.runs.flatMap(({ findings }) => findings.filter(({ kind }) => kind === "failed").map(describe)),
  };
}

function without({ runs }: Evidence, gate: GateName, unwanted: Kind, asked: string): GateResult {
  const found = runs.flatMap(({ findings }) => findings.filter(({ kind }) => kind === unwanted));
  const measured = found.length === 0 ? "none found" : `${found.length} ${unwanted}`;
  return { gate, met: found.length === 0, measured, asked, culprits: found.map(describe) };
}

function describe({ failure, evidence }: Finding): string {
  return `«${failure.name}» (${failure.file}): ${evidence}`;
}

function time({ runs }: Evidence, { minutes }: Thresholds): GateResult {
  const taken = runs.reduce((sum, { run }) => sum + run.seconds, 0);
  const met = taken < minutes * 60;
  const tests = runs.flatMap(({ run }) => [...run.passed, ...run.failed]);
  const slowest = tests.toSorted((one, other) => other.duration - one.duration).slice(0, named);
  const measured = taken < 120 ? `${taken.toFixed(1)} s` : `${(taken / 60).toFixed(1)} min`;
  return { gate: "time", met, measured, asked: `less than ${minutes} min`, culprits: met ? [] : slowest.map(timed) };
}

function timed({ fullTitle, file, duration }: FinishedTest): string {
  return `«${fullTitle}» (${file}) took ${(duration / 1000).toFixed(2)} s`;
}

function lines({ lines: covered, behind }: Coverage, { coverage: floor }: Thresholds): GateResult {
  const met = covered >= floor;
  const culprits = met ? [] : behind.slice(0, named).map((file) => `${file.file}: ${percent(file.lines)} of its lines`);
  return {
    gate: "coverage",
    met,
    measured: `${percent(covered)} of lines`,
    asked: `at least ${percent(floor)}`,
    culprits,
  };
}

/** Rounded down: what is short of a floor does not read as if it reached it. */
function percent(share: number): string {
  // 1.15 * 100 is a little less than 115.
  return `${Math.floor(share * 100 + 1e-6) / 100} %`;
}
