import type { JsonObject } from "../json.ts";
import { annotationOf, annotations, apiVersionOf, kindOf } from "../kubernetes-object.ts";
import { deploymentReadiness } from "./deployment.ts";
import { jobReadiness } from "./job.ts";
import { podReadiness } from "./pod.ts";
import type { Readiness, ReadinessCheck } from "./readiness.ts";
import { serviceReadiness } from "./service.ts";
import { claimReadiness, crdReadiness, namespaceReadiness, quotaReadiness } from "./small-kinds.ts";

function sync(check: (live: JsonObject) => Readiness): ReadinessCheck {
  return (live) => Promise.resolve(check(live));
}

/** The kinds that are awaited. Any other is ready as soon as the API server has it. */
const CHECKS: Readonly<Record<string, ReadinessCheck>> = {
  "apps/v1/Deployment": deploymentReadiness,
  "batch/v1/Job": jobReadiness,
  "v1/Pod": sync(podReadiness),
  "v1/Service": serviceReadiness,
  "v1/Namespace": sync(namespaceReadiness),
  "v1/ResourceQuota": sync(quotaReadiness),
  "v1/PersistentVolumeClaim": claimReadiness,
  "apiextensions.k8s.io/v1/CustomResourceDefinition": sync(crdReadiness),
};

/** How to tell that the object is ready; undefined where there is nothing to wait for, or the inputs say not to. */
export function readinessCheckFor(inputs: JsonObject): ReadinessCheck | undefined {
  if (annotationOf(inputs, annotations.skipAwait) === "true") return undefined;
  return CHECKS[`${apiVersionOf(inputs)}/${kindOf(inputs)}`];
}

const DEFAULT_TIMEOUT_MS = 10 * 60_000;

/** How long to wait: the resource's `customTimeouts`, else its annotation, else ten minutes. Milliseconds. */
export function timeoutFor(inputs: JsonObject, customTimeoutSeconds: number): number {
  const annotated = Number(annotationOf(inputs, annotations.timeoutSeconds));
  const seconds = customTimeoutSeconds > 0 ? customTimeoutSeconds : annotated;
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : DEFAULT_TIMEOUT_MS;
}
