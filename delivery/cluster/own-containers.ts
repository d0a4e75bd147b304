// Which containers of a pod are its version's. Pure.
import { labelKeys } from "../../components/names/labels.ts";
import type { ContainerStatus, Pod } from "./resources.ts";

/**
 * Whether the slot's pod template declares a container. Others were put into the pod as it was admitted (a mesh's proxy, a vault's agent), and
 * end for reasons of the platform. The program's template has one container, named after the service; a pod without one of that name has all
 * of its containers to itself.
 */
export function isOwnContainer({ metadata, status }: Pod, { name }: ContainerStatus): boolean {
  const service = metadata.labels?.[labelKeys.name];
  return name === service || status?.containerStatuses?.some((each) => each.name === service) !== true;
}

/** The containers of a pod that its version declares, init containers left out. */
export function ownContainers(pod: Pod): readonly ContainerStatus[] {
  return (pod.status?.containerStatuses ?? []).filter((container) => isOwnContainer(pod, container));
}

/** For people: the container of somebody else that keeps a pod from being ready; `undefined` where none does. */
export function foreignFault(pod: Pod): string | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const waits = initContainerStatuses.filter(({ state }) => state?.waiting?.reason === "CrashLoopBackOff");
  const fault = [...waits, ...containerStatuses.filter(({ ready }) => ready === false)].find(
    (container) => !isOwnContainer(pod, container),
  );
  return fault && `container ${fault.name}, which is not the version's, is not ready`;
}
