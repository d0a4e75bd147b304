import type { ContainerStatus, Pod } from "../cluster/resources.ts";
import type { PodSignal } from "../release/ports.ts";

/**
 * How often containers of a pod have ended. That is ahead of the restart count, which grows only when the kubelet starts the
 * container again, and it backs off before that. A pod that failed as a whole has ended once, whether or not that is known of a
 * container.
 */
export function endsOf({ status }: Pod): number {
  const ends = (status?.containerStatuses ?? []).reduce((sum, container) => sum + containerEnds(container), 0);
  return status?.phase === "Failed" ? Math.max(1, ends) : ends;
}

/**
 * What happened to a pod between two looks at it.
 *
 * @param before the pod as it was; `undefined` for one that was born since
 */
export function signalsBetween(before: Pod | undefined, after: Pod): PodSignal[] {
  const pod = after.metadata.name;
  const signals: PodSignal[] = [];
  for (const container of after.status?.containerStatuses ?? []) {
    const earlier = before?.status?.containerStatuses?.find(({ name }) => name === container.name);
    const ends = containerEnds(container);
    if (ends <= (earlier === undefined ? 0 : containerEnds(earlier))) continue;
    const { reason = "reason unknown", exitCode = "unknown" } =
      container.state?.terminated ?? container.lastState?.terminated ?? {};
    signals.push({
      kind: reason === "OOMKilled" ? "oom_killed" : "crashed",
      pod,
      detail: `container ${container.name} ended with code ${exitCode} (${reason}), ${ends} in all`,
    });
  }
  if (after.status?.phase === "Failed" && before?.status?.phase !== "Failed") {
    const { reason = "no reason given", message } = after.status;
    signals.push({
      kind: "failed",
      pod,
      detail: `the pod failed: ${reason}${message === undefined ? "" : `, ${message}`}`,
    });
  }
  return signals;
}

function containerEnds({ restartCount = 0, state, lastState }: ContainerStatus): number {
  const isDown = state?.running === undefined && (state?.terminated ?? lastState?.terminated) !== undefined;
  return restartCount + (isDown ? 1 : 0);
}
