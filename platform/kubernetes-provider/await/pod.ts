import type { Cluster } from "../cluster.ts";
import { asNumber, asObject, asObjects, asString, isObject, type JsonObject } from "../json.ts";
import { nameOf, namespaceOf } from "../kubernetes-object.ts";
import { failed, READY, waiting, type Readiness } from "./readiness.ts";

const LOG_LINES = 10;

function conditionOf(pod: JsonObject, type: string): JsonObject | undefined {
  return asObjects(asObject(pod.status).conditions).find((condition) => condition.type === type);
}

/** `Reason: message` of a state or condition, or whichever of the two there is. */
function reasonOf(state: JsonObject): string {
  return [asString(state.reason), asString(state.message)].filter((text) => text !== "").join(": ");
}

/** The containers' statuses, those of init containers first: they hold up the others. */
export function containerStatuses(pod: JsonObject): JsonObject[] {
  const status = asObject(pod.status);
  return [...asObjects(status.initContainerStatuses), ...asObjects(status.containerStatuses)];
}

/** Reasons of a waiting container that are no problem but a stage of a normal start. */
const NORMAL_WAITS = new Set(["ContainerCreating", "PodInitializing"]);

function terminationOf(container: JsonObject): JsonObject | undefined {
  const now = asObject(container.state).terminated;
  const before = asObject(container.lastState).terminated;
  const terminated = isObject(now) ? now : before;
  return isObject(terminated) && terminated.exitCode !== 0 ? terminated : undefined;
}

function containerProblem(container: JsonObject): string | undefined {
  const name = asString(container.name);
  const waits = asObject(asObject(container.state).waiting);
  const parts: string[] = [];
  if (waits.reason !== undefined && !NORMAL_WAITS.has(asString(waits.reason))) parts.push(reasonOf(waits));
  const terminated = terminationOf(container);
  if (terminated !== undefined && container.ready !== true) {
    parts.push(`last ended with exit code ${asNumber(terminated.exitCode)} (${reasonOf(terminated)})`);
  }
  return parts.length === 0 ? undefined : `container ${name}: ${parts.join("; ")}`;
}

/** Why a pod does not start or is not ready, one reason a line; empty for a pod that is on its way or ready. */
export function podProblems(pod: JsonObject): string[] {
  const problems: string[] = [];
  const scheduled = conditionOf(pod, "PodScheduled");
  if (scheduled?.status === "False") problems.push(reasonOf(scheduled));
  problems.push(...containerStatuses(pod).flatMap((container) => containerProblem(container) ?? []));
  const unready = asObjects(asObject(pod.status).containerStatuses).filter(
    (container) => container.ready === false && isObject(asObject(container.state).running),
  );
  problems.push(
    ...unready.map((container) => `container ${asString(container.name)} runs, but its readiness probe fails`),
  );
  const status = asObject(pod.status);
  if (status.phase === "Failed" && problems.length === 0) problems.push(reasonOf(status) || "the pod failed");
  return problems.map((problem) => `pod ${nameOf(pod)}: ${problem}`);
}

/** What no more waiting helps with. A Secret that a node does not know yet (CreateContainerConfigError) is not among it. */
const HOPELESS_WAITS = new Set(["CrashLoopBackOff", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"]);

/** Whether a pod will not start. One crash may be an accident: a container that has crashed twice will crash again. */
export function isHopeless(pod: JsonObject): boolean {
  return containerStatuses(pod).some((container) => {
    const reason = asString(asObject(asObject(container.state).waiting).reason);
    return HOPELESS_WAITS.has(reason) && (reason !== "CrashLoopBackOff" || asNumber(container.restartCount) > 0);
  });
}

/** The last lines that failing containers wrote, of the first pod that has one; empty where there are none to be had. */
export async function lastLogLines(cluster: Cluster, pods: readonly JsonObject[]): Promise<string[]> {
  const failing = (pod: JsonObject): JsonObject[] =>
    containerStatuses(pod).filter((container) => terminationOf(container) !== undefined);
  const pod = pods.find((candidate) => failing(candidate).length > 0);
  if (pod === undefined) return [];
  const logs = failing(pod).map(async (container) => {
    const name = asString(container.name);
    // A container that waits for its next start has its words in the run before.
    const previous = isObject(asObject(container.state).waiting) && asNumber(container.restartCount) > 0;
    try {
      const log = await cluster.log(namespaceOf(pod), nameOf(pod), { container: name, tailLines: LOG_LINES, previous });
      return log.trim() === "" ? [] : [`last log lines of ${nameOf(pod)}/${name}:\n${log.trimEnd()}`];
    } catch {
      // The log is a help, never the reason: the kubelet may be gone, or have removed the container.
      return [];
    }
  });
  return (await Promise.all(logs)).flat();
}

export function podReadiness(pod: JsonObject): Readiness {
  const phase = asString(asObject(pod.status).phase);
  if (phase === "Succeeded" || conditionOf(pod, "Ready")?.status === "True") return READY;
  const problems = podProblems(pod);
  return phase === "Failed"
    ? failed("the pod failed", problems, [pod])
    : waiting("waiting for the pod", problems, [pod]);
}
