import type { ClusterEvent, ContainerState, Job, Pod } from "../../../delivery/cluster/resources.ts";

export const namespace = "atom-staging";
export const jobName = "atom-release-x1y2z3";

export function job(conditions: NonNullable<NonNullable<Job["status"]>["conditions"]> = [], uid = "uid-1"): Job {
  const labels = { "app.kubernetes.io/name": "atom-releaser", "app.kubernetes.io/part-of": "atom" };
  return { metadata: { namespace, name: jobName, uid, labels }, status: { conditions } };
}

export const complete = { type: "Complete", status: "True" };

export function failed(reason: string, message = ""): typeof complete {
  return { type: "Failed", status: "True", ...{ reason, message } };
}

/** The nth pod of the Job. */
export function pod(index: number, state?: ContainerState, status: Pod["status"] = {}): Pod {
  const labels = { "batch.kubernetes.io/job-name": jobName };
  return {
    metadata: {
      namespace,
      name: `${jobName}-${index}`,
      labels,
      creationTimestamp: new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString(),
    },
    status: { ...(state === undefined ? {} : { containerStatuses: [{ name: "releaser", state }] }), ...status },
  };
}

export const running: ContainerState = { running: { startedAt: "2026-01-01T00:00:00Z" } };

export function ended(exitCode: number): ContainerState {
  return { terminated: { exitCode, reason: exitCode === 0 ? "Completed" : "Error" } };
}

export function waiting(reason: string, message = ""): ContainerState {
  return { waiting: { reason, message } };
}

export function refusedCreation(message: string, index = 0): ClusterEvent {
  const lastTimestamp = new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString();
  const reason = "FailedCreate";
  return {
    metadata: { namespace, name: `event-${index}` },
    reason,
    message: `Error creating: ${message}`,
    lastTimestamp,
  };
}
