import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";

/** How GitHub ends a step that is cancelled, in milliseconds: SIGINT, SIGTERM after this long, the whole tree killed after that. */
const patience = { interrupt: 7_500, terminate: 2_500 } as const;

/** What GitHub's runner starts for a value of `shell:`; `undefined` where the workflow names none. */
const shells = new Map<string | undefined, readonly [string, ...string[]]>([
  [undefined, ["bash", "-e"]],
  ["bash", ["bash", "--noprofile", "--norc", "-eo", "pipefail"]],
]);

export interface ShellStep {
  readonly script: string;
  readonly shell: string | undefined;
  /** All that the process gets: nothing of this process's own comes to it. */
  readonly env: Readonly<Record<string, string>>;
  readonly workspace: string;
  /** For the script's file. */
  readonly folder: string;
  /** Cancels the step as GitHub does. */
  readonly cancelled: AbortSignal;
  /** The machine dies: nothing of the step is told anything. */
  readonly dead: AbortSignal;
  readonly onOutput: (text: string) => void;
}

/**
 * Runs a script by bash as GitHub's runner does, and resolves to its exit code; `null` where a signal ended it. Only the shell itself is told of a
 * cancellation: what it started hears of it if it took the shell's place (`exec`).
 */
export async function runShell(step: ShellStep): Promise<number | null> {
  const shell = shells.get(step.shell);
  if (shell === undefined) throw new Error(`the runner has no shell "${step.shell ?? ""}"`);
  const file = path.join(step.folder, "script.sh");
  await writeFile(file, step.script);
  const [program, ...parameters] = shell;
  // A group of its own, so that the whole tree can be killed.
  const child = spawn(program, [...parameters, file], {
    cwd: step.workspace,
    env: step.env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", step.onOutput);
  const timers: NodeJS.Timeout[] = [];
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  const cancel = (): void => {
    child.kill("SIGINT");
    timers.push(setTimeout(() => child.kill("SIGTERM"), patience.interrupt));
    timers.push(setTimeout(kill, patience.interrupt + patience.terminate));
  };
  step.cancelled.addEventListener("abort", cancel);
  step.dead.addEventListener("abort", kill);
  try {
    return await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
  } finally {
    step.cancelled.removeEventListener("abort", cancel);
    step.dead.removeEventListener("abort", kill);
    timers.forEach(clearTimeout);
    // As GitHub ends what a step left running, once the job is over.
    kill();
  }
}
