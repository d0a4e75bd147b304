import type { Cluster } from "../cluster.ts";
import { asNumber, asObject, asObjects, asString, type JsonObject } from "../json.ts";
import { annotationOf, metadataOf, nameOf, namespaceOf } from "../kubernetes-object.ts";
import { isHopeless, podProblems } from "./pod.ts";
import { failed, READY, waiting, type Readiness } from "./readiness.ts";

const REVISION = "deployment.kubernetes.io/revision";

interface Rollout {
  readonly state: Readiness["state"];
  readonly message: string;
  /** What the Deployment's own conditions complain about. */
  readonly complaints: readonly string[];
  /** Whether its pods have been refused for so long that no pod on its way out will make room for them. */
  readonly refused: boolean;
  /** Whether the controller wants pods of this generation: pods that are there otherwise are on their way out, and may have crashed. */
  readonly wantsPods: boolean;
}

/** How long pods may be refused, by a quota or by Pod Security, before the rollout has failed, in milliseconds. */
const REFUSED_FOR_MS = 10_000;

function complaint(condition: JsonObject): string {
  return `[${asString(condition.reason)}] ${asString(condition.message)}`;
}

/**
 * How far the rollout is, by the Deployment's own status: done when the controller has seen this generation, every replica is of the new
 * template and available, and no old one is left. It has failed when the controller gave up (`progressDeadlineSeconds`).
 *
 * @param now milliseconds since 1970
 */
export function rollout(deployment: JsonObject, now = Date.now()): Rollout {
  const spec = asObject(deployment.spec);
  const status = asObject(deployment.status);
  const conditions = asObjects(status.conditions);
  const progressing = conditions.find((condition) => condition.type === "Progressing");
  const refused = conditions.filter((condition) => condition.type === "ReplicaFailure" && condition.status === "True");
  const wanted = asNumber(spec.replicas, 1);
  const [updated, all, available] = ["updatedReplicas", "replicas", "availableReplicas"].map((key) =>
    asNumber(status[key]),
  );

  const complaints = refused.map(complaint);
  const since = refused.map(({ lastTransitionTime }) => now - Date.parse(asString(lastTransitionTime)));
  const wantsPods = wanted > 0;
  const told = { complaints, refused: since.some((milliseconds) => milliseconds >= REFUSED_FOR_MS), wantsPods };
  const clear = { complaints: [], refused: false, wantsPods };
  if (asNumber(status.observedGeneration) < asNumber(metadataOf(deployment).generation)) {
    return { state: "waiting", message: "waiting for the Deployment controller", ...clear, wantsPods: false };
  }
  if (spec.paused === true) return { state: "ready", message: "the rollout is paused", ...told };
  // Of one that is scaled to 0 the controller takes that back only after it has seen the change.
  if (wantsPods && progressing?.status === "False" && progressing.reason === "ProgressDeadlineExceeded") {
    return { state: "failed", message: complaint(progressing), ...told };
  }
  if (updated === wanted && all === wanted && available === wanted) {
    return { state: "ready", message: `${wanted} of ${wanted} replicas available`, ...clear };
  }
  const old = (all ?? 0) - (updated ?? 0);
  const leaving = old > 0 ? `, ${old} old to go` : "";
  return { state: "waiting", message: `${available ?? 0} of ${wanted} replicas available${leaving}`, ...told };
}

function selectorOf(deployment: JsonObject): string {
  const labels = asObject(asObject(asObject(deployment.spec).selector).matchLabels);
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${asString(value)}`)
    .join(",");
}

function ownedBy(object: JsonObject, owner: JsonObject): boolean {
  const uid = metadataOf(owner).uid;
  return asObjects(metadataOf(object).ownerReferences).some((reference) => reference.uid === uid);
}

/** The pods of the newest template: those of an older one say nothing about this rollout. */
async function newestPods(deployment: JsonObject, cluster: Cluster, signal: AbortSignal): Promise<JsonObject[]> {
  const namespace = namespaceOf(deployment);
  const selector = selectorOf(deployment);
  const [replicaSets, pods] = await Promise.all([
    cluster.list({ apiVersion: "apps/v1", kind: "ReplicaSet", namespace }, selector, signal),
    cluster.list({ apiVersion: "v1", kind: "Pod", namespace }, selector, signal),
  ]);
  const revision = annotationOf(deployment, REVISION);
  const newest = replicaSets.find((set) => ownedBy(set, deployment) && annotationOf(set, REVISION) === revision);
  if (newest === undefined) return [];
  return pods.filter((pod) => ownedBy(pod, newest)).sort((a, b) => nameOf(a).localeCompare(nameOf(b), "en"));
}

export async function deploymentReadiness(
  deployment: JsonObject,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<Readiness> {
  const { state, message, complaints, refused, wantsPods } = rollout(deployment);
  if (state === "ready") return READY;
  const pods = await newestPods(deployment, cluster, signal);
  const problems = [...complaints, ...pods.flatMap(podProblems)];
  // The controller gives up at its deadline alone; a person who waits for it learns nothing more until then.
  const over = state === "failed" || (wantsPods && (refused || pods.some(isHopeless)));
  return over ? failed(message, problems, pods) : waiting(message, problems, pods);
}
