import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readJournal, type TestRun } from "./journal.ts";
import type { RunRequest } from "./mocha-process.ts";

/** What to run; the journal's place is nobody's business. */
export type TestRequest = Omit<RunRequest, "journal">;

export interface ProcessOptions {
  /** The process is killed at this time, in milliseconds since the epoch. */
  readonly deadline: number;
  /** Folder for V8's coverage of the process and its children. @default nothing is measured */
  readonly coverage?: string;
}

/** Runs tests in a process of their own. What they print goes to our own output. */
export type RunTests = (request: TestRequest, options: ProcessOptions) => Promise<TestRun>;

export const runTests: RunTests = async (request, options) => {
  const folder = mkdtempSync(path.join(tmpdir(), "gates-"));
  try {
    const journal = path.join(folder, "journal");
    const requestFile = path.join(folder, "request.json");
    writeFileSync(requestFile, JSON.stringify({ ...request, journal } satisfies RunRequest));
    const start = performance.now();
    await ended([path.join(import.meta.dirname, "mocha-process.ts"), requestFile], options);
    const seconds = (performance.now() - start) / 1000;
    return readJournal(existsSync(journal) ? readFileSync(journal, "utf8") : "", { seed: request.seed, seconds });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Waits for the process's end, which it does not bring about by itself after the deadline. */
function ended(parameters: readonly string[], { deadline, coverage }: ProcessOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, parameters, {
      // Also where it is undefined: a run of the gates' own tests is measured, and is not to measure what they run.
      env: { ...process.env, NODE_V8_COVERAGE: coverage },
      stdio: ["ignore", "inherit", "inherit"],
    });
    const timer = setTimeout(
      () => {
        child.kill("SIGKILL");
      },
      Math.max(0, deadline - Date.now()),
    );
    child.once("error", reject);
    child.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
