import type { Cluster } from "../cluster.ts";
import { asNumber, asObject, asObjects, asString, type JsonObject } from "../json.ts";
import { namespaceOf, nameOf } from "../kubernetes-object.ts";
import { podProblems } from "./pod.ts";
import { failed, READY, waiting, type Readiness } from "./readiness.ts";

/** Complete, failed for good, or still at it, by the Job's own conditions. */
export function jobOutcome(job: JsonObject): { readonly state: Readiness["state"]; readonly message: string } {
  const status = asObject(job.status);
  const holds = (type: string): JsonObject | undefined =>
    asObjects(status.conditions).find((condition) => condition.type === type && condition.status === "True");
  if (holds("Complete") !== undefined) return { state: "ready", message: "the Job is complete" };
  const failure = holds("Failed");
  if (failure !== undefined) {
    return {
      state: "failed",
      message: `[${asString(failure.reason)}] ${asString(failure.message)}`,
    };
  }
  const counts = ["active", "succeeded", "failed"].map((key) => `${asNumber(status[key])} ${key}`);
  return { state: "waiting", message: `the Job runs: ${counts.join(", ")}` };
}

export async function jobReadiness(job: JsonObject, cluster: Cluster, signal: AbortSignal): Promise<Readiness> {
  const { state, message } = jobOutcome(job);
  if (state === "ready") return READY;
  const selector = `batch.kubernetes.io/job-name=${nameOf(job)}`;
  const pods = await cluster.list({ apiVersion: "v1", kind: "Pod", namespace: namespaceOf(job) }, selector, signal);
  const problems = pods.flatMap(podProblems);
  return state === "failed" ? failed(message, problems, pods) : waiting(message, problems, pods);
}
