import type { ContainerStatus, Pod } from "../cluster/resources.ts";

/** Something about a pod that its counters cannot say, since it is the pod itself that suffers. */
export interface PodSignal {
  readonly kind:
    /** The kernel killed a container for its memory. */
    | "oom_killed"
    /** A container ended, for whatever reason: a service does not end. */
    | "crashed"
    /** The whole pod ended: evicted, or its node was lost. */
    | "failed"
    /** It refuses connections or does not answer, for longer than a hiccup. */
    | "unreachable"
    /** It answers, but with no metrics page that can be read. */
    | "unreadable";
  readonly pod: string;
  /** For people: `container atom ended with code 137 (OOMKilled), 2 in all`. */
  readonly detail: string;
}

/**
 * How often containers of a pod have ended. That is ahead of the restart count, which grows only when the kubelet starts the
 * container again, and it backs off before that.
 */
export function endsOf(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((sum, container) => sum + containerEnds(container), 0);
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
