// The Pulumi CLI as the Automation API uses it, without the processes that nobody asked for.
import path from "node:path";
import { PulumiCommand, type Stack } from "@pulumi/pulumi/automation/index.js";

/** By the folder that it is in: a CLI is asked for its version once, by a process of its own. */
const commands = new Map<string, Promise<PulumiCommand>>();

/** The CLI at a path. The Automation API finds it by the folder that its `bin` is in; rejects for one that is in no folder of that name. */
export async function pulumiCommandAt(executable: string): Promise<PulumiCommand> {
  const bin = path.dirname(path.resolve(executable));
  if (path.basename(bin) !== "bin") throw new Error(`the Pulumi CLI ${executable} is not in a folder named bin`);
  const known = commands.get(bin);
  if (known !== undefined) return known;
  const command = PulumiCommand.get({ root: path.dirname(bin) });
  commands.set(bin, command);
  // A CLI that is not there may be put there.
  command.catch(() => commands.delete(bin));
  return command;
}

/**
 * Has the Automation API not ask for a stack's outputs and history after an operation. Each is a process of the CLI, which derives the key of
 * the stack's secrets anew; the engine's events have told most of it.
 */
export function leaveOutReport(stack: Stack): void {
  stack.outputs = () => Promise.resolve({});
  stack.info = () => Promise.resolve(undefined);
}
