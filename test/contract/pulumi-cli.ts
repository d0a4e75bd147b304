import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PulumiCommand, type Stack } from "@pulumi/pulumi/automation/index.js";

let command: Promise<PulumiCommand> | undefined;

/** The CLI for all stacks of this process: to ask it for its version takes a process of it. */
export function pulumiCommand(executable: string): Promise<PulumiCommand> {
  return (command ??= commandAt(executable));
}

/** The Automation API wants its CLI at `<root>/bin/pulumi`. */
function commandAt(executable: string): Promise<PulumiCommand> {
  const root = mkdtempSync(path.join(tmpdir(), "atom-pulumi-"));
  process.once("exit", () => {
    rmSync(root, { recursive: true, force: true });
  });
  mkdirSync(path.join(root, "bin"));
  symlinkSync(executable, path.join(root, "bin", "pulumi"));
  return PulumiCommand.get({ root, skipVersionCheck: true });
}

/**
 * Spares a stack what the tests do not ask for: after each operation the Automation API reads the stack's outputs and history, which takes
 * three more processes of the CLI, each of which derives the key of the stack's secrets anew.
 */
export function withoutReport(stack: Stack): Stack {
  stack.outputs = () => Promise.resolve({});
  stack.info = () => Promise.resolve(undefined);
  return stack;
}
