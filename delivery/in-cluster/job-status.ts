// What becomes of a releaser's Job, read from what Kubernetes says of it. Pure.
import type { ClusterEvent, ContainerStatus, Job, Pod } from "../cluster/resources.ts";

/** How a Job ended. */
export interface JobEnd {
  /** Of the releaser's last pod; 0 when the release is out. Absent when nobody knows it any more. */
  readonly exitCode: number | undefined;
  /** Why the Job failed, in Kubernetes' words. Absent when it succeeded. */
  readonly detail?: string;
}

/** How the Job ended; `undefined` while another pod may come. */
export function endOf({ status }: Job, pods: readonly Pod[]): JobEnd | undefined {
  const over = status?.conditions?.find(
    (condition) => condition.status === "True" && ["Complete", "Failed"].includes(condition.type),
  );
  if (over === undefined) return undefined;
  if (over.type === "Complete") return { exitCode: 0 };
  const { reason = "Failed", message = "" } = over;
  // The Job's message says it too, where the pod is gone.
  const said = /exit code (\d+)/.exec(message)?.[1];
  const exitCode = exitCodeOf(newest(pods)) ?? (said === undefined ? undefined : Number(said));
  return { exitCode, detail: message === "" ? reason : `${reason}: ${message}` };
}

/** Whether a releaser ran, or runs. */
export function hasStarted(pods: readonly Pod[]): boolean {
  return pods.some((pod) => containerOf(pod)?.state?.running !== undefined || exitCodeOf(pod) !== undefined);
}

/** Whether there is a pod that has not ended: it tells itself what is the matter with it. */
export function hasLive(pods: readonly Pod[]): boolean {
  return pods.some((pod) => lastWordsOf(pod) === undefined);
}

/** The pod that is, or was, the last one. */
export function newest(pods: readonly Pod[]): Pod | undefined {
  return [...pods].sort((a, b) => (createdAt(a) < createdAt(b) ? -1 : 1)).at(-1);
}

/** Why no releaser runs though one should, in words; `undefined` where there is no reason that Kubernetes gives. */
export function troubleOf(pods: readonly Pod[], events: readonly ClusterEvent[]): string | undefined {
  const pod = newest(pods);
  if (pod === undefined || lastWordsOf(pod) !== undefined) return troubleIn(events);
  const { reason = "", message = "" } = containerOf(pod)?.state?.waiting ?? {};
  const said = message === "" ? reason : `${reason}: ${message}`;
  if (imageReasons.has(reason)) return `its image cannot be had (${said})`;
  if (reason === "CreateContainerConfigError") return `what it should be told is missing (${said})`;
  if (reason === "CreateContainerError" || reason === "RunContainerError")
    return `its container cannot start (${said})`;
  const unscheduled = pod.status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  return unscheduled && `no node takes it (${unscheduled.message ?? "no reason given"})`;
}

const imageReasons: ReadonlySet<string> = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "ImageInspectError",
  "RegistryUnavailable",
]);

/** What is in the API server's refusal of a pod, and what that means. The first that fits. */
const refusals = [
  { has: "exceeded quota", means: "the quota of the namespace leaves no room for it" },
  { has: "failed quota", means: "the quota of the namespace does not let it" },
  { has: "violates PodSecurity", means: "Pod Security forbids it" },
  { has: "error looking up service account", means: "its ServiceAccount is not there" },
  { has: "denied the request", means: "an admission webhook of the cluster forbids it" },
  { has: "is forbidden", means: "the cluster forbids it" },
] as const;

function troubleIn(events: readonly ClusterEvent[]): string | undefined {
  const last = events
    .filter(({ reason }) => reason === "FailedCreate")
    .sort((a, b) => ((a.lastTimestamp ?? "") < (b.lastTimestamp ?? "") ? -1 : 1))
    .at(-1);
  if (last === undefined) return undefined;
  const { message = "" } = last;
  const meaning = refusals.find(({ has }) => message.includes(has))?.means ?? "its pod cannot be created";
  return `${meaning} (${message.replace(/^Error creating: /, "")})`;
}

/** A pod that ended: of which exit code, or why Kubernetes ended it. `undefined` while it may go on. */
export function lastWordsOf(pod: Pod): string | undefined {
  const exitCode = exitCodeOf(pod);
  if (exitCode === undefined && pod.status?.phase !== "Failed") return undefined;
  const { reason, message } = containerOf(pod)?.state?.terminated ?? {};
  const why = pod.status?.reason ?? (reason === "Error" ? undefined : reason);
  const said = pod.status?.message ?? message;
  return [exitCode === undefined ? undefined : `exit code ${exitCode}`, why, said]
    .filter((part) => part !== undefined && part !== "")
    .join(", ");
}

/** What the releaser in the pod ended with. */
export function exitCodeOf(pod: Pod | undefined): number | undefined {
  return containerOf(pod)?.state?.terminated?.exitCode;
}

/** There is one. */
function containerOf(pod: Pod | undefined): ContainerStatus | undefined {
  return pod?.status?.containerStatuses?.[0];
}

/** In UTC, so that the texts sort as the times do. */
function createdAt({ metadata }: Pod): string {
  return metadata.creationTimestamp ?? "";
}
