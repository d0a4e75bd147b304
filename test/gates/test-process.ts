import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { JournalFollower } from "./journal-follower.ts";
import { readJournal, type JournalLine, type TestRun } from "./journal.ts";
import type { RunRequest } from "./mocha-process.ts";

/** What to run; where the journal is concerns nobody else. */
export type TestRequest = Omit<RunRequest, "journal">;

export interface ProcessOptions {
  /** The process is killed at this time, in milliseconds since the epoch. */
  readonly deadline: number;
  /** Folder for V8's coverage of the process and its children. @default nothing is measured */
  readonly coverage?: string;
  /** File for all that the process and its children print, which is written as they print it. @default it goes to our own output */
  readonly log?: string;
  /** By how much the process's priority is lower than ours: 0 to 19, as `nice` has it. @default 0 */
  readonly niceness?: number;
  /** Called with each line of the journal, up to half a second after it was written. */
  readonly onLine?: (line: JournalLine) => void;
}

/** Runs tests in a process of their own. */
export type RunTests = (request: TestRequest, options: ProcessOptions) => Promise<TestRun>;

export const runTests: RunTests = async (request, options) => {
  const folder = mkdtempSync(path.join(tmpdir(), "gates-"));
  try {
    const journal = path.join(folder, "journal");
    const requestFile = path.join(folder, "request.json");
    writeFileSync(requestFile, JSON.stringify({ ...request, journal } satisfies RunRequest));
    using follower = options.onLine && new JournalFollower(journal, options.onLine);
    const start = performance.now();
    await ended([path.join(import.meta.dirname, "mocha-process.ts"), requestFile], options);
    follower?.read();
    const seconds = (performance.now() - start) / 1000;
    return readJournal(existsSync(journal) ? readFileSync(journal, "utf8") : "", { seed: request.seed, seconds });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Waits for the process's end, and brings it about at the deadline. */
async function ended(parameters: readonly string[], options: ProcessOptions): Promise<void> {
  const { deadline, coverage, log, niceness = 0 } = options;
  if (log !== undefined) mkdirSync(path.dirname(log), { recursive: true });
  // The file itself and no pipe: what was printed before a kill is in it, and a child that outlives its parent keeps nobody waiting.
  const output = log === undefined ? undefined : openSync(log, "w");
  // By `nice`: of a running process, Node could only lower the main thread's priority.
  const [program, ...args] = [
    ...(niceness === 0 ? [] : ["nice", "-n", String(niceness)]),
    ...[process.execPath, ...parameters],
  ] as [string, ...string[]];
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const child = spawn(program, args, {
    // Also where it is undefined: a run of the gates' own tests is measured, and is not to measure what they run.
    env: { ...process.env, NODE_V8_COVERAGE: coverage },
    stdio: ["ignore", output ?? "inherit", output ?? "inherit"],
  });
  if (output !== undefined) closeSync(output);
  const timer = setTimeout(
    () => {
      child.kill("SIGKILL");
    },
    Math.max(0, deadline - Date.now()),
  );
  child.once("error", reject);
  child.once("close", () => {
    resolve(undefined);
  });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}
