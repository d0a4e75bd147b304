import { isOwnContainer, ownContainers } from "../cluster/own-containers.ts";
import type { Pod } from "../cluster/resources.ts";
import { endedWithNode } from "../cluster/stuck-pods.ts";
import type { PodSignal } from "../release/ports.ts";
import { containerEnds, disruptionOf, isDisrupted, lastEndOf } from "./disruption.ts";

/**
 * How often the version's containers of a pod have ended by themselves, or with their node. A pod that failed as a whole, by exceeding its own limits, has
 * ended once, whether or not that is known of a container; one that was ended from outside has not.
 */
export function endsOf(pod: Pod): number {
  if (isDisrupted(pod)) return 0;
  const ends = ownContainers(pod).reduce((sum, container) => sum + containerEnds(container), 0);
  return pod.status?.phase === "Failed" ? Math.max(1, ends) : ends;
}

/**
 * What happened to a pod between two looks at it.
 *
 * @param before the pod as it was; `undefined` for one that was born since
 */
export function signalsBetween(before: Pod | undefined, after: Pod): PodSignal[] {
  const pod = after.metadata.name;
  if (isDisrupted(after)) {
    if (before !== undefined && isDisrupted(before)) return [];
    return [{ kind: "disrupted", pod, detail: disruptionOf(after), platform: true }];
  }
  const signals: PodSignal[] = [];
  for (const container of after.status?.containerStatuses ?? []) {
    const earlier = before?.status?.containerStatuses?.find(({ name }) => name === container.name);
    const ends = containerEnds(container);
    if (ends <= (earlier === undefined ? 0 : containerEnds(earlier))) continue;
    const ended = lastEndOf(container);
    const { reason = "reason unknown", exitCode = "unknown" } = ended ?? {};
    if (!isOwnContainer(after, container)) {
      const detail = `container ${container.name}, which is not the version's, ended with code ${exitCode} (${reason})`;
      signals.push({ kind: "disrupted", pod, detail, platform: true });
      continue;
    }
    const detail = `container ${container.name} ended with code ${exitCode} (${reason}), ${ends} in all`;
    signals.push(
      endedWithNode(ended)
        ? { kind: "disrupted", pod, detail, platform: true }
        : { kind: reason === "OOMKilled" ? "oom_killed" : "crashed", pod, detail },
    );
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
