import { Command } from "commander";
import type { TargetOptions } from "../target/target.ts";
import { exitCodesHelp } from "./exit-codes.ts";

export interface CommonOptions extends TargetOptions {
  readonly json?: boolean;
}

/**
 * A command that is about a service in an environment.
 *
 * @param examples command lines without `atom`, each with what it is for
 */
export function environmentCommand(
  name: string,
  description: string,
  examples: readonly (readonly [line: string, purpose: string])[],
): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  return new Command(name)
    .description(description)
    .option("--stack <name>", "the environment, as in Pulumi.<name>.yaml")
    .option("--service <name>", "the service, where the environment has more than one")
    .option("--context <name>", "the cluster, by a context of the kubeconfig (default: what the stack's file says)")
    .option(
      "--kubeconfig <file>",
      "the kubeconfig (default: what the stack's file says, else KUBECONFIG, else ~/.kube/config)",
    )
    .option("--namespace <name>", "the environment by its namespace, where there is no stack's file")
    .option("--json", "print the result as one JSON object; everything else goes to standard error")
    .addHelpText(
      "after",
      `\nExamples:\n${examples.map(([line, purpose]) => `  atom ${line.padEnd(width)}  ${purpose}`).join("\n")}\n${exitCodesHelp}`,
    );
}

export interface ReportOptions {
  readonly json?: boolean;
  readonly html?: string;
  readonly markdown?: string;
}

/** Adds the options of a command whose release can be reported in files. */
export function reportOptions(command: Command): Command {
  return command
    .option("--html <file>", "write the release's report as one self-contained page")
    .option("--markdown <file>", "add the release's report to a file as Markdown, such as $GITHUB_STEP_SUMMARY");
}
