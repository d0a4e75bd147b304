/** Kinds whose readiness is one look at one field. */
import { isNotFound } from "../api-client.ts";
import type { Cluster } from "../cluster.ts";
import { asObject, asObjects, asString, type JsonObject } from "../json.ts";
import { failed, READY, waiting, type Readiness } from "./readiness.ts";

export function crdReadiness(crd: JsonObject): Readiness {
  const conditions = asObjects(asObject(crd.status).conditions);
  const refused = conditions.find(({ type, status }) => type === "NamesAccepted" && status === "False");
  if (refused !== undefined) return failed(`the names are not accepted: ${asString(refused.message)}`);
  const established = conditions.some(({ type, status }) => type === "Established" && status === "True");
  return established ? READY : waiting("waiting for the custom resource to be served");
}

export function namespaceReadiness(namespace: JsonObject): Readiness {
  const phase = asString(asObject(namespace.status).phase);
  return phase === "Terminating" ? failed("the namespace is being deleted") : READY;
}

/** Ready once the quota controller has taken the limits over; pods made before that escape them. */
export function quotaReadiness(quota: JsonObject): Readiness {
  const taken = asObject(asObject(quota.status).hard);
  const missing = Object.entries(asObject(asObject(quota.spec).hard)).filter(
    ([resource, limit]) => taken[resource] !== limit,
  );
  return missing.length === 0 ? READY : waiting("waiting for the quota to take effect");
}

async function bindsLate(claim: JsonObject, cluster: Cluster, signal: AbortSignal): Promise<boolean> {
  const name = asString(asObject(claim.spec).storageClassName);
  if (name === "") return false;
  try {
    const reference = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", namespace: "", name };
    return (await cluster.get(reference, signal)).volumeBindingMode === "WaitForFirstConsumer";
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

export async function claimReadiness(claim: JsonObject, cluster: Cluster, signal: AbortSignal): Promise<Readiness> {
  const phase = asString(asObject(claim.status).phase);
  if (phase === "Bound" || (phase === "Pending" && (await bindsLate(claim, cluster, signal)))) return READY;
  return phase === "Lost" ? failed("its volume is lost") : waiting("waiting for a volume");
}
