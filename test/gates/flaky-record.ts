import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { Checkout } from "./checkout.ts";
import type { ExaminedRun } from "./gates.ts";
import type { Finding } from "./examination.ts";

const outcome = z.enum(["passed", "failed"]);

const entrySchema = z.strictObject({
  /** The test's full title, or a hook's suite and its own. */
  title: z.string(),
  file: z.string(),
  /** The run that it was found in: a group, or a seed. */
  run: z.string(),
  seed: z.number(),
  /** As an ISO time. */
  at: z.string(),
  commit: z.string().optional(),
  /** See {@link Checkout}. */
  tree: z.string(),
  /** `passed`: it was let through; `failed`: it failed the run. */
  verdict: outcome,
  /** The first result and those of the reruns, each with its error where it failed. */
  results: z.array(z.strictObject({ outcome, error: z.array(z.string()) })),
});

/** A test that passed and failed with nothing changed. */
export type FlakyEntry = z.output<typeof entrySchema>;

/** Entries that are kept, the newest ones. */
const mostEntries = 200;

export class FlakyRecordError extends Error {
  override readonly name = "FlakyRecordError";
  readonly file: string;

  constructor(file: string, cause: unknown) {
    super(`${file} is no record of flaky tests. Remove it: the next run writes a new one.`, { cause });
    this.file = file;
  }
}

/**
 * The entries of earlier runs, the oldest first; none where there is no file.
 *
 * @throws FlakyRecordError where the file holds something else
 */
export function readFlakyRecord(file: string): readonly FlakyEntry[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new FlakyRecordError(file, error);
  }
  try {
    return z.array(entrySchema).parse(JSON.parse(text));
  } catch (error) {
    throw new FlakyRecordError(file, error);
  }
}

/** Writes the record as a whole, so that nobody reads half of it. */
export function writeFlakyRecord(file: string, entries: readonly FlakyEntry[]): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const part = `${file}.part`;
  writeFileSync(part, `${JSON.stringify(entries.slice(-mostEntries), null, 2)}\n`);
  renameSync(part, file);
}

/** The findings, each with the time at which an earlier run of the same checkout found it to pass and to fail. */
export function withHistory(
  findings: readonly Finding[],
  record: readonly FlakyEntry[],
  { tree }: Checkout,
): readonly Finding[] {
  return findings.map((finding) => {
    const { name, file } = finding.failure;
    const earlier = record.findLast((entry) => entry.tree === tree && entry.title === name && entry.file === file);
    return earlier === undefined ? finding : { ...finding, flakyBefore: earlier.at };
  });
}

/** What the record is to hold of these runs: each test that passed and failed in them, also where that counts as failed. */
export function entriesOf(
  runs: readonly ExaminedRun[],
  { commit, tree }: Checkout,
  refused: ReadonlySet<Finding>,
  at: Date,
): readonly FlakyEntry[] {
  return runs.flatMap(({ name, run, findings }) =>
    findings.filter(isUnsteady).map((finding) => ({
      title: finding.failure.name,
      file: finding.failure.file,
      run: name,
      seed: run.seed,
      at: at.toISOString(),
      ...(commit === undefined ? {} : { commit }),
      tree,
      verdict: finding.kind === "flaky" && !refused.has(finding) ? "passed" : "failed",
      results: [
        { outcome: "failed", error: [...finding.failure.error] },
        ...finding.reruns.map((rerun) => ({ outcome: rerun.outcome, error: [...rerun.error] })),
      ],
    })),
  );
}

function isUnsteady({ kind, reruns }: Finding): boolean {
  return kind === "flaky" || (kind === "failed" && reruns.some(({ outcome }) => outcome === "passed"));
}
