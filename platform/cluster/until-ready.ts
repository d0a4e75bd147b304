import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ClusterError } from "./errors.ts";
import { initProcess, instanceProcesses } from "./processes.ts";
import { logName, readState, type ClusterState } from "./state.ts";
import type { Instance } from "./instance.ts";

const pollMs = 100;
/** Between two looks at whether the supervisor lives, in polls: it reads all of /proc. */
const livenessPolls = 10;
/** Lines of a log that an error shows. */
const logLines = 15;

/** Resolves when the supervisor says that all is ready. Throws a ClusterError that says what did not come up. */
export async function untilClusterReady(
  instance: Instance,
  update: (text: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  for (let poll = 1; ; poll += 1) {
    signal?.throwIfAborted();
    const state = await readState(instance.files.state);
    if (state?.phase === "ready") return;
    if (state?.phase === "failed") throw await failure(instance, state);
    if (poll % livenessPolls === 0 && initProcess(instanceProcesses(instance.name)) === undefined)
      throw await suddenEnd(instance);
    if (state !== undefined) update(progressOf(state));
    await delay(pollMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** E.g. "21 of 30, waiting for kubelet, istiod". */
export function progressOf({ components }: Pick<ClusterState, "components">): string {
  const all = Object.entries(components);
  const ready = all.filter(([, { readyAfterMs }]) => readyAfterMs !== undefined);
  const starting = all.filter(([, { phase, readyAfterMs }]) => phase !== "pending" && readyAfterMs === undefined);
  const waiting = starting.map(([name]) => name).join(", ");
  return `${ready.length} of ${all.length}${waiting === "" ? "" : `, waiting for ${waiting}`}`;
}

async function failure(instance: Instance, { message, components }: ClusterState): Promise<ClusterError> {
  const failed = Object.entries(components).find(([, { phase }]) => phase === "failed")?.[0];
  const log = failed === undefined ? instance.files.supervisorLog : path.join(instance.files.logs, logName(failed));
  return new ClusterError({
    what: `the cluster "${instance.name}" did not come up`,
    why: `${message ?? "its supervisor gives no reason"}\n${await endOf(log)}`,
    wayOut: "start it again; where it fails once more, use a cluster that you have, with --context NAME",
  });
}

async function suddenEnd(instance: Instance): Promise<ClusterError> {
  return new ClusterError({
    what: `the cluster "${instance.name}" did not come up`,
    why: `its supervisor ended\n${await endOf(instance.files.supervisorLog)}`,
    wayOut: "start it again; where it fails once more, use a cluster that you have, with --context NAME",
  });
}

/** The last lines of a log, indented; nothing where there is none. */
async function endOf(log: string): Promise<string> {
  const text = await readFile(log, "utf8").catch(() => "");
  return text
    .trimEnd()
    .split("\n")
    .slice(-logLines)
    .map((line) => `    ${line}`)
    .join("\n");
}
