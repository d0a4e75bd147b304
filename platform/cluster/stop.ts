import { setTimeout as delay } from "node:timers/promises";
import { silentReporter, type Reporter } from "../progress.ts";
import { ClusterError } from "./errors.ts";
import { defaultClusterName, instanceOf, type Instance } from "./instance.ts";
import { withInstanceLock } from "./instance-lock.ts";
import { checkUser } from "./preflight.ts";
import { initProcess, instanceProcesses } from "./processes.ts";
import { remainsOf, removeRemains } from "./remains.ts";

/** Time for the supervisor to end its components in order, before the kernel ends them all at once. */
const orderlyMs = 15_000;
/** Time for the kernel to end what was killed. */
const killedMs = 10_000;

/**
 * Ends an instance and removes all that it had on this machine. Resolves to whether there was anything to stop.
 * Throws a `ClusterError` when this user may not, or something stays.
 */
export async function stopCluster(
  name: string = defaultClusterName,
  reporter: Reporter = silentReporter,
): Promise<boolean> {
  const instance = instanceOf(name);
  checkUser();
  return withInstanceLock(name, { reporter }, async () => {
    if (remainsOf(instance).length === 0) return false;
    await reporter.task(`Stopping the cluster "${name}"`, { estimateSeconds: 4 }, () => removeInstance(instance));
    return true;
  });
}

/** Ends an instance's processes and removes the rest. The caller holds its lock. Throws a ClusterError when something stays. */
export async function removeInstance(instance: Instance): Promise<void> {
  const init = initProcess(instanceProcesses(instance.name));
  if (init !== undefined) signalProcess(init.pid, "SIGTERM");
  if (!(await untilGone(instance, init === undefined ? 0 : orderlyMs))) {
    for (const { pid } of instanceProcesses(instance.name)) signalProcess(pid, "SIGKILL");
    await untilGone(instance, killedMs);
  }
  await removeRemains(instance);
  const remains = remainsOf(instance);
  if (remains.length > 0)
    throw new ClusterError({
      what: `the cluster "${instance.name}" could not be removed`,
      why: `this is still there: ${remains.map(({ kind, what }) => `${kind} ${what}`).join(", ")}`,
      wayOut: "end what uses it, and stop the cluster again",
    });
}

async function untilGone({ name }: Instance, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (instanceProcesses(name).length > 0) {
    if (performance.now() > deadline) return false;
    await delay(25);
  }
  return true;
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
