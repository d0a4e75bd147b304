// Why the pods of a slot are not ready, and whose doing that is, from what the cluster says of them. Pure.
import type { StuckPods } from "../release/ports.ts";
import { isOwnContainer, ownContainers } from "./own-containers.ts";
import type { ContainerState, ContainerStatus, Deployment, Pod } from "./resources.ts";

/** What a container waits for, as far as it tells more than that it is being made. */
const waiting: Readonly<Record<string, Pick<StuckPods, "crashed" | "hopeless">>> = {
  CrashLoopBackOff: { crashed: true, hopeless: true },
  // No registry is asked for these, so that none that comes back helps.
  InvalidImageName: { crashed: false, hopeless: true },
  ErrImageNeverPull: { crashed: false, hopeless: true },
  ErrImagePull: { crashed: false, hopeless: false },
  ImagePullBackOff: { crashed: false, hopeless: false },
  CreateContainerConfigError: { crashed: false, hopeless: false },
  CreateContainerError: { crashed: false, hopeless: false },
  RunContainerError: { crashed: false, hopeless: false },
};

/** How containers end, in the runtime's words, when their node went away or was started again. */
const endsWithNode = ["Unknown", "ContainerStatusUnknown", "NodeLost", "NodeShutdown"];

/** Whether a container ended because of its node, and not by itself. */
export function endedWithNode(ended: ContainerState["terminated"]): boolean {
  return ended !== undefined && endsWithNode.includes(ended.reason ?? "");
}

/** What keeps a slot's pods from being ready, as far as it is known: the worst thing first. */
export function stuckPods({ metadata, spec, status }: Deployment, pods: readonly Pod[]): StuckPods | undefined {
  if (spec?.paused === true) {
    const resume = `kubectl rollout resume deployment ${metadata.name}`;
    const detail = `${metadata.name} is paused, so that it makes no pods of its template: ${resume}`;
    return { detail, crashed: false, hopeless: false };
  }
  const waits = pods.flatMap((pod) => waitOf(pod) ?? []);
  const decisive = waits.find(({ hopeless }) => hopeless) ?? waits[0];
  if (decisive !== undefined) return decisive;
  const crashed = pods.some((pod) => ownContainers(pod).some(hasCrashed));
  const unready = pods.flatMap(unreadinessOf);
  const failure = status?.conditions?.find(
    (condition) =>
      (condition.type === "ReplicaFailure" && condition.status === "True") ||
      (condition.type === "Progressing" && condition.reason === "ProgressDeadlineExceeded"),
  );
  if (failure !== undefined) {
    const told = `${metadata.name}: ${failure.reason ?? failure.type}: ${failure.message ?? ""}`;
    return { detail: [told, ...unready].join("; "), crashed, hopeless: crashed };
  }
  return crashed ? { detail: unready.join("; "), crashed, hopeless: false } : undefined;
}

function waitOf(pod: Pod): StuckPods | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  for (const container of [...initContainerStatuses, ...containerStatuses]) {
    const { reason = "", message = "" } = container.state?.waiting ?? {};
    const known = waiting[reason];
    if (known === undefined) continue;
    // What others put into the pod may come back without another template.
    const isForeign = !isOwnContainer(pod, container);
    const of = isForeign ? `container ${container.name}, which is not the version's: ` : "";
    const detail = [`${pod.metadata.name}: ${of}${reason}: ${message}`, lastEnd(container)].filter(Boolean).join("; ");
    return isForeign || endedWithNode(container.lastState?.terminated)
      ? { detail, crashed: false, hopeless: false }
      : { detail, ...known };
  }
  return undefined;
}

function hasCrashed({ ready, restartCount = 0, state, lastState }: ContainerStatus): boolean {
  const ended = state?.terminated ?? lastState?.terminated;
  return ready !== true && (restartCount > 0 || state?.terminated !== undefined) && !endedWithNode(ended);
}

/** What keeps a pod's containers from being ready, as far as they have started at all. */
function unreadinessOf({ metadata, status }: Pod): readonly string[] {
  return (status?.containerStatuses ?? []).flatMap((container) => {
    if (container.ready === true) return [];
    const restarts = container.restartCount ?? 0;
    const ended = lastEnd(container);
    const why =
      restarts === 0
        ? "runs and does not become ready"
        : `restarted ${restarts} time${restarts === 1 ? "" : "s"}${ended === "" ? "" : `, ${ended}`}`;
    return [`${metadata.name}: container ${container.name} ${why}`];
  });
}

function lastEnd({ lastState }: ContainerStatus): string {
  const { reason, exitCode } = lastState?.terminated ?? {};
  return reason === undefined ? "" : `it ended with ${reason} (exit code ${exitCode ?? "unknown"})`;
}
