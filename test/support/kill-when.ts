import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { readdir } from "node:fs/promises";
import { livingProcess } from "../../platform/toolchain/lock.ts";
import { eventually } from "./eventually.ts";

export interface KillWhen {
  /** Names the moment in the error. */
  readonly what: string;
  readonly reached: () => Promise<boolean>;
  /** What is said of a process that ended before. */
  readonly output: () => string;
  readonly deadlineMs: number;
}

/**
 * Kills a detached process with its process group (SIGKILL) as soon as it has come so far, and resolves once all of the group are gone. Pulumi's
 * plugins have groups of their own, and end by themselves.
 */
export async function killWhen(child: ChildProcess, { what, reached, output, deadlineMs }: KillWhen): Promise<void> {
  await eventually(
    what,
    async () => {
      assert.equal(child.exitCode, null, output());
      return (await reached().catch(() => false)) ? true : undefined;
    },
    deadlineMs,
  );
  const { pid = NaN } = child;
  process.kill(-pid, "SIGKILL");
  await eventually(
    "the process group that was killed is gone",
    async () => ((await runs(pid)) ? undefined : true),
    deadlineMs,
  );
}

/** Whether a process of this group runs. A zombie does not: in some containers nobody ever reaps it. */
async function runs(group: number): Promise<boolean> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const processes = await Promise.all(pids.map((pid) => livingProcess(Number(pid))));
  return processes.some((each) => each?.group === group);
}
