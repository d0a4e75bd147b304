import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import {
  ConcurrentUpdateError,
  LocalWorkspace,
  StackNotFoundError,
  type EngineEvent,
  type PulumiFn,
  type Stack,
} from "@pulumi/pulumi/automation/index.js";
import type { UserError } from "../components/errors/user-error.ts";
import { connectAnew } from "./engine-connections.ts";
import { StackAbsentError, StackCommandError, StackInterruptedError, StackLockedError } from "./engine-errors.ts";
import { EngineInterrupt } from "./interrupt.ts";
import { adoptAfterInterrupt, withoutKilledLocks } from "./interrupted-update.ts";
import { createProgram, type ProgramPorts } from "./program.ts";
import { leaveOutReport, pulumiCommandAt } from "./pulumi-cli.ts";

/** What no stack may do: the engine asks it in every preview and update. See docs/policies.md. */
const policyPack = path.join(import.meta.dirname, "..", "policies", "bin", "atom-policies");

export const stackCommands = ["preview", "up", "refresh", "destroy"] as const;
export type StackCommandName = (typeof stackCommands)[number];

export interface StackCommandOptions {
  readonly command: StackCommandName;
  /** Name of the stack, as in `Pulumi.<stack>.yaml`. */
  readonly stack: string;
  /** The project's folder, with Pulumi.yaml. */
  readonly workDir: string;
  /** Variables for the engine and the program beyond those of this process: backend, passphrase, KUBECONFIG, PATH. @default none */
  readonly env?: Readonly<Record<string, string>>;
  /** Path of the Pulumi CLI, in a folder named `bin`. @default `pulumi` on PATH */
  readonly pulumi?: string;
  /** Is given the engine's output as it comes. @default nobody */
  readonly onOutput?: (text: string) => void;
  /** Is given each of the engine's events; what the configuration keeps secret is `[secret]` in them. @default nobody */
  readonly onEvent?: (event: EngineEvent) => void;
  /** Ends the operation as Ctrl-C would: the engine finishes the step it is at and stops. */
  readonly signal?: AbortSignal;
  /** Ask the cluster first whether it is as the state has it. @default false */
  readonly refresh?: boolean;
  /** For `refresh`: say what would change in the state, and change nothing. @default false */
  readonly previewOnly?: boolean;
  /** Show each changed property. @default false */
  readonly diff?: boolean;
  /** Colours in the output. @default "never" */
  readonly color?: "always" | "never";
  /** Makes the program. @default {@link createProgram} */
  readonly program?: (ports: ProgramPorts) => () => Promise<Record<string, unknown>>;
}

/** What a command did, or for a preview would do. */
export interface StackCommandResult {
  readonly command: StackCommandName;
  readonly stack: string;
  /** Number of resources by operation: create, update, delete, replace, same, … Those that are 0 are left out. */
  readonly changes: Readonly<Record<string, number>>;
  /** Whether any resource is or would be changed. */
  readonly changed: boolean;
  /** Outputs of the stack; empty but for `up`. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** What the program had to say: why a version is staged, or not. */
  readonly notes: readonly string[];
}

/**
 * Runs a command on a stack through Pulumi's Automation API, the program within this process. `refresh` and `destroy` do not run the
 * program, so they need no cluster that answers the program's questions. To destroy a stack that does not exist is to do nothing.
 *
 * Throws the program's own error where the user has to act (a ConfigError, a ClusterUnreachableError, …), a {@link StackAbsentError}, a
 * {@link StackLockedError}, a {@link StackInterruptedError}, or a {@link StackCommandError} for every other failure. The engine's
 * output has been given to `onOutput` by then.
 */
export async function stackCommand(options: StackCommandOptions): Promise<StackCommandResult> {
  const { command, stack, env = {}, signal } = options;
  let notes: readonly string[] = [];
  let userError: UserError | undefined;
  const program = (options.program ?? createProgram)({
    env: { ...process.env, ...env },
    onUserError: (error) => {
      userError = error;
    },
  });
  const told: string[] = [];
  const tell = (line: string): void => {
    told.push(line);
    options.onOutput?.(`${line}\n`);
  };
  connectAnew();
  try {
    signal?.throwIfAborted();
    const target = await withoutKilledLocks(
      () =>
        open(options, async () => {
          const outputs = await program();
          notes = Array.isArray(outputs.notes) ? outputs.notes.map(String) : [];
          return outputs;
        }),
      tell,
    );
    if (target === undefined) return { command, stack, changes: {}, changed: false, outputs: {}, notes: [] };
    // The notes are there once the program ran.
    using interrupt = new EngineInterrupt(signal ?? new AbortController().signal);
    const adoption = await adoptAfterInterrupt(target, command, tell);
    const report = await withoutKilledLocks(() => run(target, options, interrupt.signal), tell);
    await adoption.complete();
    return { command, stack, ...report, notes: [...told, ...notes] };
  } catch (error) {
    if (userError !== undefined) throw userError;
    if (error instanceof StackAbsentError) throw error;
    if (signal?.aborted === true) throw new StackInterruptedError(stack, command, { cause: error });
    if (error instanceof ConcurrentUpdateError) throw new StackLockedError(stack, { cause: error });
    throw new StackCommandError(stack, command, error);
  }
}

/** The stack, made where it has to be; `undefined` where there is nothing to destroy. */
async function open(options: StackCommandOptions, program: PulumiFn): Promise<Stack | undefined> {
  const { command, stack, workDir, env = {} } = options;
  const args = { stackName: stack, projectName: "atom", program };
  const workspace = {
    workDir,
    envVars: { PULUMI_SKIP_UPDATE_CHECK: "true", ...env },
    ...(options.pulumi === undefined ? {} : { pulumiCommand: await pulumiCommandAt(options.pulumi) }),
  };
  if (command === "up" || command === "preview") return LocalWorkspace.createOrSelectStack(args, workspace);
  try {
    return await LocalWorkspace.selectStack(args, workspace);
  } catch (error) {
    if (!(error instanceof StackNotFoundError)) throw error;
    if (command === "destroy") return undefined;
    throw new StackAbsentError(stack, { cause: error });
  }
}

type Report = Pick<StackCommandResult, "changes" | "changed" | "outputs">;

async function run(stack: Stack, options: StackCommandOptions, signal: AbortSignal): Promise<Report> {
  const { command, onOutput, refresh = false, diff = false, color = "never" } = options;
  let changes: Counts = {};
  const onEvent = (event: EngineEvent): void => {
    changes = event.summaryEvent?.resourceChanges ?? changes;
    options.onEvent?.(event);
  };
  const common = { color, ...(onOutput && { onOutput, onError: onOutput }), onEvent, signal };
  leaveOutReport(stack);
  const declaring = { ...common, refresh, diff, policyPacks: [policyPack] };
  switch (command) {
    case "preview":
      await stack.preview(declaring);
      return summarize(changes);
    case "up":
      await stack.up(declaring);
      return summarize(changes, await outputsOf(options));
    case "refresh":
      await (options.previewOnly === true ? stack.previewRefresh(common) : stack.refresh(common));
      return summarize(changes);
    case "destroy":
      await stack.destroy(common);
      return summarize(changes);
  }
}

/** What the program gave out, as the state has it; what is secret is `[secret]`. */
async function outputsOf({ stack, workDir, env, pulumi = "pulumi" }: StackCommandOptions): Promise<Report["outputs"]> {
  const { stdout } = await promisify(execFile)(
    pulumi,
    ["stack", "output", "--json", "--stack", stack, "--non-interactive"],
    { cwd: workDir, env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true", ...env }, maxBuffer: 64 * 1024 * 1024 },
  );
  return JSON.parse(stdout) as Report["outputs"];
}

type Counts = Readonly<Record<string, number | undefined>>;

function summarize(changes: Counts, outputs: Readonly<Record<string, unknown>> = {}): Report {
  const counts = Object.entries(changes).filter((entry): entry is [string, number] => (entry[1] ?? 0) > 0);
  return { changes: Object.fromEntries(counts), changed: counts.some(([operation]) => operation !== "same"), outputs };
}
