import { setTimeout as delay } from "node:timers/promises";
import { CoreV1Api, KubeConfig, PatchStrategy, setHeaderOptions, type V1Pod } from "@kubernetes/client-node";

/** What becomes of a pod: the status that a node would report; undefined leaves it as it is. */
export type PodFate = (pod: V1Pod) => object | undefined;

function conditions(ready: boolean): object[] {
  const readiness = ready
    ? { status: "True" }
    : { status: "False", reason: "ContainersNotReady", message: "containers with unready status: [all]" };
  return [
    { type: "PodScheduled", status: "True" },
    { type: "Initialized", status: "True" },
    { type: "ContainersReady", ...readiness },
    { type: "Ready", ...readiness },
  ];
}

function containers(pod: V1Pod, status: object): object[] {
  return (pod.spec?.containers ?? []).map(({ name, image }) => ({
    ...{ name, image, imageID: "", restartCount: 0, ready: false },
    ...status,
  }));
}

/** Fates that a node has for pods. */
export const fates = {
  ready: (pod) => ({
    phase: "Running",
    conditions: conditions(true),
    containerStatuses: containers(pod, { ready: true, started: true, state: { running: {} } }),
  }),
  unready: (pod) => ({
    phase: "Running",
    conditions: conditions(false),
    containerStatuses: containers(pod, { started: true, state: { running: {} } }),
  }),
  imageMissing: (pod) => ({
    phase: "Pending",
    conditions: conditions(false),
    containerStatuses: containers(pod, {
      state: { waiting: { reason: "ErrImageNeverPull", message: 'image "atom:none" is not present' } },
    }),
  }),
  crashing: (pod) => ({
    phase: "Running",
    conditions: conditions(false),
    containerStatuses: containers(pod, {
      restartCount: 3,
      state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s" } },
      lastState: { terminated: { exitCode: 7, reason: "Error" } },
    }),
  }),
  unschedulable: () => ({
    phase: "Pending",
    conditions: [
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes: insufficient cpu" },
    ],
  }),
  succeeded: (pod) => ({
    phase: "Succeeded",
    containerStatuses: containers(pod, { state: { terminated: { exitCode: 0, reason: "Completed" } } }),
  }),
  failed: (pod) => ({
    phase: "Failed",
    containerStatuses: containers(pod, { state: { terminated: { exitCode: 3, reason: "Error" } } }),
  }),
} as const satisfies Record<string, PodFate>;

const INTERVAL_MS = 50;

/** Plays the node for the pods of one namespace: no container runs, but their statuses say what `fate` decides. Stops at its disposal. */
export function fakeKubelet(kubeconfig: string, namespace: string, fate: PodFate = fates.ready): AsyncDisposable {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const api = config.makeApiClient(CoreV1Api);
  const stop = new AbortController();
  const decided = new Set<string>();
  const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

  const decide = async (pod: V1Pod): Promise<void> => {
    const [name, uid] = [pod.metadata?.name ?? "", pod.metadata?.uid ?? ""];
    const status = decided.has(uid) ? undefined : fate(pod);
    if (status === undefined) return;
    await api.patchNamespacedPodStatus({ name, namespace, body: { status } }, merge);
    decided.add(uid);
  };
  const play = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const { items } = await api.listNamespacedPod({ namespace });
      // A pod may go between the look and the patch.
      await Promise.allSettled(items.map(decide));
      await delay(INTERVAL_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const playing = play();
  return {
    [Symbol.asyncDispose]: () => {
      stop.abort();
      return playing;
    },
  };
}
