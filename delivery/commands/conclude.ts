import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import type { PastRelease, ReleaseUnderWay } from "../../components/ledger/release-record.ts";
import type { SessionEnd } from "../release/session.ts";
import type { Site } from "../target/site.ts";

export interface ReportOptions {
  readonly json?: boolean;
  readonly html?: string;
  readonly markdown?: string;
}

export function reportOptions(command: Command): Command {
  return command
    .option("--html <file>", "write the release's report as one self-contained page")
    .option(
      "--markdown <file>",
      "write the release's report for a job's summary or an issue; it is added to the file's end",
    );
}

/** Tells how a release ended: in words or as JSON, and in the files that were asked for. */
export async function conclude(site: Site, end: SessionEnd, options: ReportOptions): Promise<void> {
  const { signal } = new AbortController();
  const ledger = await site.store.read(signal);
  const record = [ledger.current, ...ledger.releases].find((each) => each?.id === end.id);
  if (record === null || record === undefined) return;
  await report(record, options);
}

export async function report(record: PastRelease | ReleaseUnderWay, { json, html }: ReportOptions): Promise<void> {
  if (html !== undefined) await writeFile(html, JSON.stringify(record));
  if (json === true) process.stdout.write(`${JSON.stringify(record)}\n`);
  else process.stdout.write(`${record.id} ${record.state.phase} ${record.state.cause?.detail ?? ""}\n`);
}
