import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
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
  await eventually("the process group that was killed is gone", () => (runs(pid) ? undefined : true), deadlineMs);
}

/** Whether a process of this group runs. A zombie does not: in some containers nobody ever reaps it. */
function runs(group: number): boolean {
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  return pids.some((pid) => {
    const [state = "", , processGroup] = statOf(pid);
    return Number(processGroup) === group && !"ZX".includes(state);
  });
}

/** State, parent, process group and so on, as the kernel has them after the name; empty for a process that is gone. */
function statOf(pid: string): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
