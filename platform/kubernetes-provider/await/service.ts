import type { Cluster } from "../cluster.ts";
import { asObject, asObjects, asString, type JsonObject } from "../json.ts";
import { nameOf, namespaceOf } from "../kubernetes-object.ts";
import { READY, waiting, type Readiness } from "./readiness.ts";

function hasAddress(service: JsonObject): boolean {
  return asObjects(asObject(asObject(service.status).loadBalancer).ingress).length > 0;
}

/** Services that no pod stands behind, or whose pods the cluster does not track. */
function needsNoPods(service: JsonObject): boolean {
  const spec = asObject(service.spec);
  const selectsNothing = Object.keys(asObject(spec.selector)).length === 0;
  return selectsNothing || spec.type === "ExternalName" || spec.clusterIP === "None";
}

/**
 * Ready when the controller has listed its pods and none of them is unready. A Service without pods is ready too: a slot may rest at zero
 * replicas. One of type LoadBalancer also needs its address.
 */
export async function serviceReadiness(service: JsonObject, cluster: Cluster, signal: AbortSignal): Promise<Readiness> {
  if (asObject(service.spec).type === "LoadBalancer" && !hasAddress(service)) {
    return waiting("waiting for the load balancer's address");
  }
  if (needsNoPods(service)) return READY;
  const reference = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", namespace: namespaceOf(service) };
  const slices = await cluster.list(reference, `kubernetes.io/service-name=${nameOf(service)}`, signal);
  if (slices.length === 0) return waiting("waiting for the Service's endpoints");
  const unready = slices
    .flatMap((slice) => asObjects(slice.endpoints))
    .filter((endpoint) => {
      const { ready, terminating } = asObject(endpoint.conditions);
      return ready === false && terminating !== true;
    })
    .map((endpoint) => asString(asObject(endpoint.targetRef).name));
  return unready.length === 0 ? READY : waiting(`waiting for pods to be ready: ${unready.join(", ")}`);
}
