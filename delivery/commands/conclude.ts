import { appendFile, writeFile } from "node:fs/promises";
import { UserError } from "../../components/errors/user-error.ts";
import type { Ledger } from "../../components/ledger/ledger.ts";
import type { SessionEnd } from "../release/session.ts";
import { resultOf } from "../report/json.ts";
import { storyOf, type ReleaseRecord, type Surroundings } from "../report/story.ts";
import type { Site } from "../target/site.ts";
import { endingText } from "./ending.ts";
import { pushAfterwards } from "./push-metrics.ts";
import type { ReportOptions } from "./target-options.ts";
import { terminalOf } from "./terminal.ts";

/** A report could not be written. The release is not concerned. */
export class ReportFileError extends UserError {
  override readonly name = "ReportFileError";
}

/** The record of a release, under way or past. */
export function recordIn({ current, releases }: Ledger, id: string): ReleaseRecord | undefined {
  return current?.id === id ? current : releases.find((release) => release.id === id);
}

/** Tells how a release ended: in words or as JSON, in the files that were asked for, and in the deployment metrics. */
export async function conclude(site: Site, { id }: Pick<SessionEnd, "id">, options: ReportOptions): Promise<void> {
  const ledger = await site.store.read(new AbortController().signal);
  const record = recordIn(ledger, id);
  if (record === undefined) return;
  await conclusion(record, surroundingsOf(site), options);
  await pushAfterwards(site, ledger);
}

/** Without a stack a release's own plan names the environment. */
export function surroundingsOf({ target: { service, stack } }: Site): Surroundings {
  return { service, ...(stack === undefined ? {} : { environment: stack }) };
}

/** The same for a record at hand. */
export async function conclusion(record: ReleaseRecord, names: Surroundings, options: ReportOptions): Promise<void> {
  if (options.json === true) process.stdout.write(`${JSON.stringify(resultOf(record, names))}\n`);
  else process.stdout.write(endingText(storyOf(record, names), terminalOf(process.stdout)));
  await writeReports(record, names, options);
}

export async function writeReports(
  record: ReleaseRecord,
  names: Surroundings,
  { html, markdown }: ReportOptions,
): Promise<void> {
  if (html === undefined && markdown === undefined) return;
  const story = storyOf(record, names);
  const { reportHtml } = await import("../report/html.ts");
  const { reportMarkdown } = await import("../report/markdown.ts");
  if (html !== undefined) await written(html, writeFile(html, reportHtml(story)));
  if (markdown !== undefined) await written(markdown, appendFile(markdown, reportMarkdown(story)));
}

async function written(file: string, writing: Promise<void>): Promise<void> {
  await writing.catch((cause: unknown) => {
    throw new ReportFileError(`The report ${file} cannot be written: ${(cause as Error).message}`, { cause });
  });
}
