import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import path from "node:path";
import type { Reporter } from "../../platform/progress.ts";
import { failureOf } from "./failure.ts";
import type { JournalLine, TestRun } from "./journal.ts";
import type { ProcessOptions, RunTests, TestRequest } from "./test-process.ts";

/** Tests that share a process. */
export interface Part {
  /** Also the name of its log. */
  readonly name: string;
  readonly request: TestRequest;
  readonly options: Omit<ProcessOptions, "log" | "onLine">;
}

export interface SideBySideOptions {
  readonly run: RunTests;
  readonly reporter: Reporter;
  /** Folder for what the parts print, one file each. */
  readonly logs: string;
  /** Whether what a part printed is also reported, in one piece when it ends. If not, its file is named. */
  readonly showOutput: boolean;
}

/** A log that is longer is reported from here to its end, in bytes. */
const mostOutput = 8 * 1024 * 1024;

/**
 * Runs all parts at the same time. Of each, the reporter shows how far it is; a failure is reported at once, and the whole output, which would mix
 * with that of the others, in one piece at its end.
 */
export function runSideBySide(parts: readonly Part[], means: SideBySideOptions): Promise<readonly TestRun[]> {
  return Promise.all(parts.map((part) => runPart(part, means)));
}

async function runPart({ name, request, options }: Part, means: SideBySideOptions): Promise<TestRun> {
  const { reporter } = means;
  const log = path.join(means.logs, `${name}.log`);
  const progress = new PartProgress();
  const run = await reporter.task(name, {}, (update) => {
    update(progress.text);
    return means.run(request, {
      ...options,
      log,
      onLine: (line) => {
        progress.count(line);
        update(progress.text);
        if (line[0] !== "fail") return;
        const { name: title, error } = failureOf(line[1]);
        reporter.note([`FAILED  ${name}: ${title}`, ...error].join("\n    "));
      },
    });
  });
  const end = run.ended ? "ended" : `was killed or broke off at «${run.began.at(-1)?.fullTitle ?? "its start"}»`;
  if (means.showOutput) reporter.note(`── ${name}: its output\n${outputIn(log)}`);
  reporter.note(`── ${name} ${end}: ${progress.text}; output in ${log}\n`);
  return run;
}

/** How far a part is. */
class PartProgress {
  #total: number | undefined;
  #passed = 0;
  #failed = 0;

  count([event, entry]: JournalLine): void {
    if (event === "start") this.#total = entry.total;
    else if (event === "pass") this.#passed += 1;
    else if (event === "fail") this.#failed += 1;
  }

  get text(): string {
    if (this.#total === undefined) return "loading its files";
    return `${this.#passed} of ${this.#total} passed, ${this.#failed} failed`;
  }
}

function outputIn(log: string): string {
  const descriptor = openSync(log, "r");
  try {
    const { size } = fstatSync(descriptor);
    const start = Math.max(0, size - mostOutput);
    const bytes = Buffer.alloc(size - start);
    const length = readSync(descriptor, bytes, 0, bytes.length, start);
    const text = bytes.toString("utf8", 0, length).trimEnd();
    return start === 0 ? text : `(${start} bytes more at the beginning of ${log})\n${text}`;
  } finally {
    closeSync(descriptor);
  }
}
