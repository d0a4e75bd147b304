import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** Lines that tests have run through, in percent. */
export interface Coverage {
  readonly lines: number;
  /** The files with a smaller share than the whole, as paths from the working folder, the smallest first. */
  readonly behind: readonly { readonly file: string; readonly lines: number }[];
}

const reports = "coverage";

type Summary = Readonly<Record<string, { readonly lines: { readonly total: number; readonly pct: number } }>>;

/**
 * Reads V8's coverage by c8, prints it, and leaves lcov's form of it in `coverage/`. Which files count is in the project's own `.c8rc.json`.
 *
 * @param raw the folder that was `NODE_V8_COVERAGE`
 * @throws Error where c8 can make nothing of it
 */
export async function readCoverage(raw: string): Promise<Coverage> {
  const c8 = createRequire(import.meta.url).resolve("c8/bin/c8.js");
  const reporters = ["text", "lcovonly", "json-summary"].flatMap((reporter) => ["--reporter", reporter]);
  const place = ["--temp-directory", raw, "--reports-dir", reports];
  await succeeded([c8, "report", ...place, ...reporters, "--check-coverage", "false"]);
  const summary = JSON.parse(readFileSync(path.join(reports, "coverage-summary.json"), "utf8")) as Summary;
  return coverageOf(summary, process.cwd());
}

/** What istanbul's `json-summary` says. A project without a line to cover has covered none. */
export function coverageOf(summary: Summary, root: string): Coverage {
  const { total, ...files } = summary;
  const lines = total === undefined || total.lines.total === 0 ? 0 : total.lines.pct;
  const behind = Object.entries(files)
    .map(([file, share]) => ({ file: path.relative(root, file), lines: share.lines.pct }))
    .filter((file) => file.lines < lines || file.lines === 0)
    .sort((one, other) => one.lines - other.lines || one.file.localeCompare(other.file));
  return { lines, behind };
}

/** Longest time that c8 may take, in milliseconds. */
const reportTimeoutMs = 5 * 60_000;

function succeeded(command: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, command, {
      stdio: ["ignore", "inherit", "inherit"],
      timeout: reportTimeoutMs,
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`c8 could not report the coverage (exit code ${code}).`));
    });
  });
}
