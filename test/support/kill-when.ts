import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { eventually } from "./eventually.ts";

export interface KillWhen {
  /** Names the moment in the error. */
  readonly what: string;
  readonly reached: () => Promise<boolean>;
  /** What is said of a process that ended before. */
  readonly output: () => string;
  readonly deadlineMs: number;
}

/** Kills a detached process with all that it started (SIGKILL) as soon as it has come so far, and resolves once it is gone. */
export async function killWhen(child: ChildProcess, { what, reached, output, deadlineMs }: KillWhen): Promise<void> {
  const ended = once(child, "exit");
  await eventually(
    what,
    async () => {
      assert.equal(child.exitCode, null, output());
      return (await reached().catch(() => false)) ? true : undefined;
    },
    deadlineMs,
  );
  process.kill(-(child.pid ?? NaN), "SIGKILL");
  await ended;
}
