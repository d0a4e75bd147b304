import { appendFile, readFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { UserError } from "../../components/errors/user-error.ts";
import { systemClock } from "../clock/system-clock.ts";
import { pullRequestOf, type PullRequest } from "../github/pull-request.ts";
import { githubAccess, workflowRun } from "../github/workflow.ts";
import type { GithubAccess } from "../notify/github/client.ts";
import { previewStack } from "../preview/engine-preview.ts";
import { commentText, publishComment, summaryText } from "../preview/publish.ts";
import { reportOf, type StackReport } from "../preview/report.ts";
import { scrubberOf } from "../preview/secrets.ts";
import { readPreview, type StackPreview } from "../preview/stack-preview.ts";
import { previewText } from "../preview/terminal.ts";
import { stacksIn } from "../target/stack-file.ts";
import { changeOf } from "../wiring/change.ts";
import { exitCodes, exitCodesHelp, type ExitCode } from "./exit-codes.ts";
import { run } from "./run.ts";
import { terminalOf } from "./terminal.ts";

interface Options {
  readonly stack?: string;
  readonly allAffected?: boolean;
  readonly refresh?: boolean;
  readonly events: readonly string[];
  readonly comment?: boolean;
  readonly summary?: string;
  readonly json?: boolean;
}

/** What is to be previewed was not said, or does not exist. */
export class PreviewUsageError extends UserError {
  override readonly name = "PreviewUsageError";
}

/** A file cannot be read or written. */
export class PreviewFileError extends UserError {
  override readonly name = "PreviewFileError";
}

/** Lives on a developer's machine: no pull request changes it for anybody else. */
const developersStack = "local";

export function previewCommand(): Command {
  return new Command("preview")
    .description(
      "Says what a change does to the stacks, and changes nothing: deletes and replacements first, then the changes of each component, what is\n" +
        "staged, policies that are not kept to, and how long the release takes. On a pull request it is one comment that is kept up to date.",
    )
    .option("--stack <name>", "the stacks, with commas between")
    .option(
      "--all-affected",
      `every stack that has a file here: a change may affect each of them, save ${developersStack}`,
    )
    .option("--refresh", "ask the cluster first whether it is as the state has it, and say what is not")
    .option(
      "--events <file>",
      "take the preview from the engine's events in this file, named after its stack (staging.jsonl); once for each stack",
      (file: string, before: readonly string[]) => [...before, file],
      [],
    )
    .option(
      "--comment",
      "comment on the pull request of this workflow's run (GITHUB_EVENT_PATH, GITHUB_REPOSITORY, GITHUB_TOKEN)",
    )
    .option("--summary <file>", "add it to a file as Markdown, such as $GITHUB_STEP_SUMMARY")
    .option("--json", "print the result as one JSON object; everything else goes to standard error")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  atom preview --stack staging                      what this checkout would do to staging\n" +
        "  atom preview --all-affected --comment             for a workflow on pull requests\n" +
        "  atom preview --events staging.jsonl --comment     from what `npm run preview -- --events` wrote\n" +
        exitCodesHelp,
    )
    .action((options: Options) => run({}, async ({ any }) => tellPreview(options, any)));
}

async function tellPreview(options: Options, signal: AbortSignal): Promise<ExitCode> {
  // Before minutes are spent on what nobody could be told.
  const place = options.comment === true ? await placeOf(process.env) : undefined;
  const previews = await previewsOf(options, signal);
  const reports = previews.map(reportOf);
  if (options.json === true) process.stdout.write(`${JSON.stringify({ stacks: previews.map(jsonOf) })}\n`);
  else process.stdout.write(previewText(reports, terminalOf(process.stdout)));
  await tellWorkflow(reports, options, place, signal);
  return reports.some(({ failed }) => failed) ? exitCodes.refused : exitCodes.ok;
}

async function previewsOf(
  { stack, allAffected, refresh = false, events }: Options,
  signal: AbortSignal,
): Promise<StackPreview[]> {
  const scrubber = scrubberOf(process.env);
  const scrub = (text: string) => scrubber.scrub(text);
  if ([stack !== undefined, allAffected === true, events.length > 0].filter(Boolean).length !== 1)
    throw new PreviewUsageError("Say what to preview, in one way: --stack a,b or --all-affected or --events FILE.");
  const previews: StackPreview[] = [];
  for (const file of events)
    previews.push(readPreview({ stack: path.parse(file).name, events: await textOf(file), source: file, scrub }));
  if (events.length > 0) return previews;
  const folder = process.cwd();
  const onOutput = (text: string): void => void process.stderr.write(text);
  // One after the other: each runs an engine, and a workflow's machine has few cores.
  for (const name of await stacksOf(folder, stack))
    previews.push(await previewStack(name, { folder, refresh, onOutput, scrub }, signal));
  return previews;
}

/** @param asked names with commas between; undefined for all that a change may affect */
async function stacksOf(folder: string, asked: string | undefined): Promise<readonly string[]> {
  const known = await stacksIn(folder);
  const names = asked?.split(",").map((name) => name.trim()) ?? known.filter((name) => name !== developersStack);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0 || names.length === 0)
    throw new PreviewUsageError(
      `${names.length === 0 ? "There is no stack to preview" : `There is no stack ${unknown.join(", ")}`} in this folder (it has: ${known.join(", ") || "none"}).`,
    );
  return [...new Set(names)];
}

/** Where a comment belongs. */
interface Place {
  readonly access: GithubAccess;
  readonly pullRequest: PullRequest;
}

async function placeOf(variables: NodeJS.ProcessEnv): Promise<Place> {
  return { access: githubAccess(variables), pullRequest: await pullRequestOf(variables) };
}

async function tellWorkflow(
  reports: readonly StackReport[],
  { summary }: Options,
  place: Place | undefined,
  signal: AbortSignal,
): Promise<void> {
  // The commit of a pull request's run is a merge that nobody knows.
  const commit = place?.pullRequest.commit ?? (await changeOf(process.env, { folder: process.cwd() }))?.commit;
  const about = { url: workflowRun(process.env), commit };
  if (summary !== undefined)
    await appendFile(summary, summaryText(reports, about)).catch((cause: unknown) => {
      throw new PreviewFileError(`The summary ${summary} cannot be written: ${(cause as Error).message}`, { cause });
    });
  if (place === undefined) return;
  const { access, pullRequest } = place;
  if (pullRequest.fromFork) {
    process.stderr.write(
      "The pull request comes from a fork, whose runs may not comment: the summary has the preview.\n",
    );
    return;
  }
  const text = commentText(reports, about);
  const stuck = await publishComment({ access, number: pullRequest.number }, text, systemClock, signal);
  process.stderr.write(`The comment on pull request #${pullRequest.number} was ${stuck}.\n`);
}

function jsonOf({ stack, changes }: StackPreview): object {
  return { ...changes, stack };
}

async function textOf(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new PreviewFileError(`The events ${file} cannot be read: ${(cause as Error).message}`, { cause });
  });
}
