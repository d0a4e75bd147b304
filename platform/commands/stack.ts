// `npm run preview|up|refresh|destroy -- --stack NAME`: a stack command through the Automation API, for any stack.
import { Argument, Command } from "commander";
import { readStackFile } from "../../infra/config/stack-file.ts";
import { stackCommand, stackCommands, type StackCommandName, type StackCommandResult } from "../../infra/engine.ts";
import { ImageOptionError, parseImageOptions } from "../../infra/image-option.ts";
import { createProgram } from "../../infra/program.ts";
import { stackNames } from "../../infra/render-stack.ts";
import { stackEnvironment } from "../local/stack-environment.ts";
import { createReporter } from "../progress.ts";
import { pushCounts } from "../local/push-counts.ts";
import { confirm } from "./confirmation.ts";
import { EventFile } from "./event-file.ts";
import { projectAt } from "./project.ts";
import { runCommand } from "./run-command.ts";

interface Options {
  readonly stack: string;
  readonly image: readonly string[];
  readonly yes?: boolean;
  readonly refresh?: boolean;
  readonly previewOnly?: boolean;
  readonly diff?: boolean;
  readonly events?: string;
  readonly json?: boolean;
}

const parsed = new Command("npm run preview|up|refresh|destroy --")
  .description(
    "Previews, provisions, refreshes or removes an environment. `up` never moves traffic: it stages a new version in the idle slot.\n" +
      "The stack `local` lives in the embedded cluster of `npm start`; every other stack where its configuration says.",
  )
  .addArgument(new Argument("<command>").choices(stackCommands))
  .requiredOption("--stack <name>", "the stack, as in Pulumi.<name>.yaml")
  .option(
    "--image <service=image>",
    "stage this image and not the configured one, this time; once for each service (preview and up)",
    (option: string, before: readonly string[]) => [...before, option],
    [],
  )
  .option("--yes", "change without asking")
  .option("--refresh", "ask the cluster first whether it is as the state has it (preview and up)")
  .option("--preview-only", "say what a refresh would take over, and change nothing (refresh)")
  .option("--diff", "show every changed property")
  .option("--events <file>", "write the engine's events to a file, a JSON object on each line")
  .option("--json", "print the result as one JSON object; progress goes to standard error")
  .addHelpText(
    "after",
    "\nExamples:\n  npm run preview -- --stack staging --diff\n  npm run up -- --stack staging --yes\n" +
      "  npm run up -- --stack staging --image atom=registry.example.com/atom:1.4.2\n" +
      "  npm run refresh -- --stack staging --preview-only",
  )
  .parse();
const command = parsed.processedArgs[0] as StackCommandName;
const options = parsed.opts<Options>();

await runCommand(async (signal) => {
  const folder = await projectAt(process.cwd());
  const images = await imagesOf(folder);
  using events = options.events === undefined ? undefined : EventFile.create(options.events);
  const { env, pulumi, instance } = await stackEnvironment({
    ...{ folder, stack: options.stack, signal },
    reporter: createReporter(),
  });
  const run = (name: StackCommandName): Promise<StackCommandResult> =>
    stackCommand({
      command: name,
      stack: options.stack,
      workDir: folder,
      env,
      pulumi,
      signal,
      onOutput: (text) => process.stderr.write(text),
      ...(events !== undefined && name === command ? { onEvent: events.write } : {}),
      program: (ports) => createProgram({ ...ports, images, instance }),
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
  if (command === "up") await pushCounts({ folder, stack: options.stack, instance, variables: process.env });
  if (options.json === true) console.log(JSON.stringify(result, undefined, 2));
});

/** The images that were asked for. Reads no more of the stack's file than the names of its services; the program checks the rest. */
async function imagesOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const [first] = options.image;
  if (first === undefined) return {};
  if (command !== "preview" && command !== "up") throw new ImageOptionError(first, `${command} stages nothing`);
  const { services } = (await readStackFile(folder, options.stack, await stackNames(folder))).values;
  return parseImageOptions(options.image, Object.keys(services ?? {}));
}
