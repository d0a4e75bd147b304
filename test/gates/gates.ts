import type { Coverage } from "./coverage.ts";
import type { Finding, Kind } from "./examination.ts";
import { refusedFlaky } from "./flaky.ts";
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
  /** Wall time of all runs together without reruns, in seconds. @default the sum of the runs' times, which came one after the other */
  readonly seconds?: number;
}

/** What a suite has to reach. */
export interface Thresholds {
  /** Share of the tests that pass, in percent. */
  readonly passRate: number;
  /** The pass rate counts a flaky test that is let through as passed. @default false: a test has to pass at once */
  readonly countReruns?: boolean;
  /** Flaky tests that are let through, at most. */
  readonly flaky: number;
  /** Wall time, in minutes. */
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
    order(evidence),
    determinism(evidence, thresholds),
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

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** How many of those that passed did so in their reruns only. */
  readonly flaky: number;
}

/**
 * Passed and failed tests of all runs; a failed hook counts as a failed test. Where reruns count, a flaky test that is let through has passed; in
 * place of a flaky hook count the tests that it kept from running.
 */
export function countsOf(
  { runs }: Evidence,
  { flaky: most, countReruns }: Pick<Thresholds, "flaky" | "countReruns">,
): Counts {
  const findings = runs.flatMap((run) => run.findings);
  const atOnce = runs.reduce((sum, { run }) => sum + run.passed.length, 0);
  if (countReruns !== true) return { passed: atOnce, failed: findings.length, flaky: 0 };
  const refused = refusedFlaky(findings, most);
  const letThrough = findings.filter((finding) => finding.kind === "flaky" && !refused.has(finding));
  const recovered = letThrough.reduce(
    (sum, { failure, recovered }) => sum + (failure.hookOf === undefined ? 1 : recovered.length),
    0,
  );
  return { passed: atOnce + recovered, failed: findings.length - letThrough.length, flaky: letThrough.length };
}

function completeness(evidence: Evidence): GateResult {
  const { runs } = evidence;
  const cut = runs
    .filter(({ run }) => !run.ended)
    .map(({ name, run }) => {
      const last = run.began.at(-1)?.fullTitle;
      return `${name} ended ${last === undefined ? "before its first test" : `early, during or after «${last}»`}`;
    });
  const { passed, failed } = countsOf(evidence, { flaky: 0 });
  return {
    gate: "complete",
    met: cut.length === 0 && passed + failed > 0,
    measured: `${runs.length - cut.length} of ${runs.length}`,
    asked: "each run comes to its own end, and there are tests",
    culprits: cut.length === 0 && passed + failed === 0 ? ["no test was run"] : cut,
  };
}

function passRate(evidence: Evidence, thresholds: Thresholds): GateResult {
  const floor = thresholds.passRate;
  const { passed, failed, flaky } = countsOf(evidence, thresholds);
  const rate = passed + failed === 0 ? 0 : (100 * passed) / (passed + failed);
  return {
    gate: "pass rate",
    met: rate >= floor,
    measured: `${percent(rate)} (${passed} passed${flaky === 0 ? "" : `, ${flaky} of them flaky`}, ${failed} failed)`,
    asked: `at least ${percent(floor)}`,
    culprits: evidence.runs.flatMap(({ findings }) => findings.filter(({ kind }) => kind === "failed").map(describe)),
  };
}

function order(evidence: Evidence): GateResult {
  const found = ofKind(evidence, "order-dependent");
  return {
    gate: "order",
    met: found.length === 0,
    measured: found.length === 0 ? "none found" : `${found.length} order-dependent`,
    asked: "no test depends on which ones ran before it",
    culprits: found.map(describe),
  };
}

function determinism(evidence: Evidence, { flaky: most }: Thresholds): GateResult {
  const found = ofKind(evidence, "flaky");
  const asked =
    most === 0
      ? "no test passes and fails with nothing changed"
      : `at most ${most} ${most === 1 ? "test passes and fails" : "tests pass and fail"} with nothing changed, and none of them in two runs of one checkout`;
  return {
    gate: "determinism",
    met: refusedFlaky(found, most).size === 0,
    measured: found.length === 0 ? "none found" : `${found.length} flaky`,
    asked,
    // Named also where they are let through: they are to be looked into.
    culprits: found.map(describe),
  };
}

function ofKind({ runs }: Evidence, wanted: Kind): readonly Finding[] {
  return runs.flatMap(({ findings }) => findings.filter(({ kind }) => kind === wanted));
}

function describe({ failure, evidence, flakyBefore }: Finding): string {
  const before =
    flakyBefore === undefined ? "" : `; an earlier run of this checkout found it flaky too (${flakyBefore})`;
  return `«${failure.name}» (${failure.file}): ${evidence}${before}`;
}

function time({ runs, seconds }: Evidence, { minutes }: Thresholds): GateResult {
  const taken = seconds ?? runs.reduce((sum, { run }) => sum + run.seconds, 0);
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
