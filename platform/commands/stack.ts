// `npm run preview|up|refresh|destroy -- --stack NAME`: a stack command through the Automation API, for any stack.
import { Argument, Command } from "commander";
import { stackCommand, stackCommands, type StackCommandName, type StackCommandResult } from "../../infra/engine.ts";
import { stackEnvironment } from "../local/stack-environment.ts";
import { projectFolder } from "../local/local-stack.ts";
import { createReporter } from "../progress.ts";
import { confirm } from "./confirmation.ts";
import { runCommand } from "./run-command.ts";

interface Options {
  readonly stack: string;
  readonly yes?: boolean;
  readonly refresh?: boolean;
  readonly previewOnly?: boolean;
  readonly diff?: boolean;
  readonly json?: boolean;
}

const parsed = new Command("npm run preview|up|refresh|destroy --")
  .description(
    "Previews, provisions, refreshes or removes an environment. `up` never moves traffic: it stages a new version in the idle slot.\n" +
      "The stack `local` lives in the embedded cluster of `npm start`; every other stack where its configuration says.",
  )
  .addArgument(new Argument("<command>").choices(stackCommands))
  .requiredOption("--stack <name>", "the stack, as in Pulumi.<name>.yaml")
  .option("--yes", "change without asking")
  .option("--refresh", "ask the cluster first whether it is as the state has it (preview and up)")
  .option("--preview-only", "say what a refresh would take over, and change nothing (refresh)")
  .option("--diff", "show every changed property")
  .option("--json", "print the result as one JSON object; progress goes to standard error")
  .addHelpText(
    "after",
    "\nExamples:\n  npm run preview -- --stack staging --diff\n  npm run up -- --stack staging --yes\n  npm run refresh -- --stack staging --preview-only",
  )
  .parse();
const command = parsed.processedArgs[0] as StackCommandName;
const options = parsed.opts<Options>();

await runCommand(async (signal) => {
  const { env, pulumi } = await stackEnvironment({ stack: options.stack, reporter: createReporter(), signal });
  const run = (name: StackCommandName): Promise<StackCommandResult> =>
    stackCommand({
      command: name,
      stack: options.stack,
      workDir: projectFolder,
      env,
      pulumi,
      signal,
      onOutput: (text) => process.stderr.write(text),
      ...(name === "destroy" ? {} : { refresh: options.refresh === true, diff: options.diff === true }),
      ...(name === "refresh" ? { previewOnly: options.previewOnly === true } : {}),
    });
  if (command === "up" || command === "destroy") {
    if (command === "up" && options.yes !== true) await run("preview");
    await confirm({
      command,
      question: `${command === "up" ? "Make these changes" : "Remove everything"} in the stack ${options.stack}?`,
      yes: options.yes,
      signal,
    });
  }
  const result = await run(command);
  if (options.json === true) console.log(JSON.stringify(result, undefined, 2));
});
