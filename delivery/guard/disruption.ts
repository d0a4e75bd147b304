// What the platform does to pods, as opposed to what a version does to itself. Pure.
import { ownContainers } from "../cluster/own-containers.ts";
import { endedWithNode } from "../cluster/stuck-pods.ts";
import type { ContainerStatus, Pod } from "../cluster/resources.ts";

/** The kubelet's words for a pod that used more scratch space than its own limits allow. */
const ownLimit = /exceeds the (total )?limit|exceeded its local ephemeral storage limit/i;

/**
 * Whether a pod ends, or has ended, because somebody else wants that: an eviction, a preemption, a drain, a node that shuts down, is lost or
 * refuses the pod. A Deployment's pods never fail by themselves, since their containers are started again; the one exception is an eviction
 * for exceeding the pod's own limits of scratch space.
 */
export function isDisrupted({ status }: Pod): boolean {
  if (status?.reason === "Evicted" && ownLimit.test(status.message ?? "")) return false;
  return (
    status?.phase === "Failed" ||
    (status?.reason ?? "") !== "" ||
    status?.conditions?.some((condition) => condition.type === "DisruptionTarget" && condition.status === "True") ===
      true
  );
}

/** Why, for people. */
export function disruptionOf({ status }: Pod): string {
  const target = status?.conditions?.find(({ type }) => type === "DisruptionTarget");
  const reason = status?.reason ?? target?.reason ?? "no reason given";
  const message = status?.message ?? target?.message ?? "";
  return `the pod was ended from outside: ${reason}${message === "" ? "" : `, ${message}`}`;
}

/** Whether the kubelet's last word on the containers is that they are ready, so that a pod that is not has lost its node. */
export function containersAreReady({ status }: Pod): boolean {
  const containers = status?.containerStatuses ?? [];
  return containers.length > 0 && containers.every(({ ready }) => ready === true);
}

/** How many ends of the version's containers since `before` were their node's doing (it was started again). */
export function endsByNode(before: Pod | undefined, after: Pod): number {
  return ownContainers(after).reduce((sum, container) => {
    const earlier = before?.status?.containerStatuses?.find(({ name }) => name === container.name);
    const grown = containerEnds(container) - (earlier === undefined ? 0 : containerEnds(earlier));
    return grown > 0 && endedWithNode(lastEndOf(container)) ? sum + 1 : sum;
  }, 0);
}

/**
 * How often a container has ended. That is ahead of the restart count, which grows only when the kubelet starts the container again, and it
 * backs off before that.
 */
export function containerEnds({ restartCount = 0, state, lastState }: ContainerStatus): number {
  const isDown = state?.running === undefined && (state?.terminated ?? lastState?.terminated) !== undefined;
  return restartCount + (isDown ? 1 : 0);
}

/** How it ended last. */
export function lastEndOf({ state, lastState }: ContainerStatus): NonNullable<ContainerStatus["state"]>["terminated"] {
  return state?.terminated ?? lastState?.terminated;
}
