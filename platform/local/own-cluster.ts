import { UserError } from "../../components/errors/user-error.ts";
import { stackCommand, type StackCommandName, type StackCommandResult } from "../../infra/engine.ts";
import { createProgram } from "../../infra/program.ts";
import { checkContext } from "../cluster/cluster.ts";
import type { Reporter } from "../progress.ts";
import { localStack } from "./engine-environment.ts";
import { projectFolder } from "./local-stack.ts";
import { stackEnvironment } from "./stack-environment.ts";

/** `--context` and `--stack` go together, and not with the stack of the embedded cluster. */
class OwnClusterUsageError extends UserError {
  override readonly name = "OwnClusterUsageError";

  constructor() {
    super(
      "To use a cluster of your own, name it and the stack that goes there: npm start -- --context NAME --stack NAME\n" +
        `The stack "${localStack}" is made for the embedded cluster: its image and its databases exist only there.`,
    );
  }
}

export interface OwnClusterOptions {
  readonly context: string | undefined;
  readonly stack: string | undefined;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Asks the user, after the preview; throws where the answer is no. */
  readonly confirm: (question: string) => Promise<void>;
}

/** Brings a stack up in a cluster of the user's: checks it first, and installs nothing but what the stack declares. */
export async function startInContext({ context, stack, reporter, signal, confirm }: OwnClusterOptions): Promise<void> {
  if (context === undefined || stack === undefined || stack === localStack) throw new OwnClusterUsageError();
  await reporter.task(`Checking the cluster of context ${context}`, {}, () => checkContext(context));
  const { env, pulumi } = await stackEnvironment({ folder: projectFolder, stack, reporter, signal });
  const run = (command: StackCommandName): Promise<StackCommandResult> =>
    stackCommand({
      command,
      stack,
      workDir: projectFolder,
      env,
      pulumi,
      signal,
      onOutput: (text) => process.stderr.write(text),
      program: (ports) => createProgram({ ...ports, instance: { context } }),
    });
  await run("preview");
  await confirm(`Make these changes in the cluster of context ${context}?`);
  const { changes, notes } = await run("up");
  console.log(`The stack ${stack} is up in ${context}: ${JSON.stringify(changes)}`);
  for (const note of notes) console.log(note);
}
