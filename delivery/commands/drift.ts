import { appendFile } from "node:fs/promises";
import { Command } from "commander";
import { DriftIssue } from "../drift/issue.ts";
import { lookForDrift } from "../drift/look.ts";
import { driftMarkdown } from "../drift/markdown.ts";
import { driftText } from "../drift/terminal.ts";
import type { StackDrift } from "../drift/drift.ts";
import { githubAccess, workflowRun } from "../github/workflow.ts";
import { scrubberOf } from "../preview/secrets.ts";
import { exitCodes, exitCodesHelp } from "./exit-codes.ts";
import { run } from "./run.ts";
import { terminalOf } from "./terminal.ts";

interface Options {
  readonly stack: string;
  readonly issue?: boolean;
  readonly summary?: string;
  readonly json?: boolean;
}

export function driftCommand(): Command {
  return new Command("drift")
    .description(
      "Looks for what somebody changed in an environment beside the program: a refresh of the Pulumi engine that changes nothing.\n" +
        "What a release moves is no drift. Exits with 14 where there is drift.",
    )
    .requiredOption("--stack <name>", "the environment, as in Pulumi.<name>.yaml")
    .option(
      "--issue",
      "keep one issue about it in the repository of GITHUB_REPOSITORY, with GITHUB_TOKEN: opened, changed in place, closed once there is none",
    )
    .option("--summary <file>", "append it to a file as Markdown, e.g. $GITHUB_STEP_SUMMARY")
    .option("--json", "print the result as one JSON object; everything else goes to standard error")
    .addHelpText(
      "after",
      "\nExamples:\n  atom drift --stack staging                      what is not as it was left\n" +
        '  atom drift --stack production --issue --summary "$GITHUB_STEP_SUMMARY"   as the workflow does\n' +
        exitCodesHelp,
    )
    .action((options: Options) =>
      run({}, async ({ any }) => {
        const { stack, issue, summary } = options;
        // Before the engine is asked, which takes a while.
        const told = issue === true ? new DriftIssue(issueOptions()) : undefined;
        const onOutput = (text: string) => process.stderr.write(text);
        const scrubber = scrubberOf(process.env);
        const scrub = (text: string) => scrubber.scrub(text);
        const drift = await lookForDrift({ stack, folder: process.cwd(), onOutput, scrub }, any);
        show(drift, options);
        if (summary !== undefined) await appendFile(summary, driftMarkdown(drift));
        const outcome = await told?.tell(drift, any);
        if (outcome?.number !== undefined) process.stderr.write(`Issue #${outcome.number}: ${outcome.action}.\n`);
        return drift.resources.length === 0 ? exitCodes.ok : exitCodes.drifted;
      }),
    );
}

function issueOptions(): ConstructorParameters<typeof DriftIssue>[0] {
  return { access: githubAccess(process.env), run: workflowRun(process.env) };
}

function show(drift: StackDrift, { json }: Options): void {
  process.stdout.write(json === true ? `${JSON.stringify(drift)}\n` : driftText(drift, terminalOf(process.stdout)));
}
