import { asObject, asString, copy, isObject, type Json, type JsonObject } from "./json.ts";
import { apiVersionOf, kindOf } from "./kubernetes-object.ts";
import { parsePath, replaceMatches } from "./property-path.ts";
import { hasUnknown } from "./property-value.ts";
import { canonicalQuantity } from "./quantity.ts";

const READ_ONLY_METADATA = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "uid",
];

const POD_QUANTITIES = [
  "containers[*].resources.requests[*]",
  "containers[*].resources.limits[*]",
  "initContainers[*].resources.requests[*]",
  "initContainers[*].resources.limits[*]",
  "containers[*].env[*].valueFrom.resourceFieldRef.divisor",
  "initContainers[*].env[*].valueFrom.resourceFieldRef.divisor",
  "volumes[*].emptyDir.sizeLimit",
  "volumes[*].ephemeral.volumeClaimTemplate.spec.resources.requests[*]",
  "overhead[*]",
];

function podQuantities(prefix: string): string[] {
  return POD_QUANTITIES.map((path) => `${prefix}.${path}`);
}

/** Where a kind holds quantities. The API server rewrites them ("1000m" → "1"); a diff that compared the texts would never end. */
const QUANTITIES: Readonly<Record<string, readonly string[]>> = {
  Pod: podQuantities("spec"),
  Deployment: podQuantities("spec.template.spec"),
  ReplicaSet: podQuantities("spec.template.spec"),
  DaemonSet: podQuantities("spec.template.spec"),
  StatefulSet: [...podQuantities("spec.template.spec"), "spec.volumeClaimTemplates[*].spec.resources.requests[*]"],
  Job: podQuantities("spec.template.spec"),
  CronJob: podQuantities("spec.jobTemplate.spec.template.spec"),
  ResourceQuota: ["spec.hard[*]"],
  LimitRange: ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"].map(
    (bound) => `spec.limits[*].${bound}[*]`,
  ),
  PersistentVolumeClaim: ["spec.resources.requests[*]", "spec.resources.limits[*]"],
  PersistentVolume: ["spec.capacity[*]"],
  HorizontalPodAutoscaler: ["averageValue", "value"].map((field) => `spec.metrics[*][*].target.${field}`),
};

/** The groups whose schema we know: those that the API server itself serves. */
function isBuiltIn(apiVersion: string): boolean {
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  return !group.includes(".") || group.endsWith(".k8s.io");
}

function canonical(value: Json): Json {
  return typeof value === "string" || typeof value === "number" ? canonicalQuantity(String(value)) : value;
}

/** Maps of texts, which the API server drops when they are empty. Elsewhere `{}` has a meaning, as in `emptyDir: {}` or `podSelector: {}`. */
const TEXT_MAPS = new Set(["labels", "annotations", "matchLabels", "nodeSelector", "data", "binaryData"]);

function isDropped(key: string, value: Json): boolean {
  if (value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return TEXT_MAPS.has(key) && isObject(value) && Object.keys(value).length === 0;
}

/** The API server drops nulls, empty lists and empty maps of texts of its own kinds. */
function withoutEmptyFields(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutEmptyFields);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key, item]) => !isDropped(key, item));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutEmptyFields(item)]));
}

/** `stringData` becomes `data`, as in the API server: only `data` comes back from it. */
function normalizeSecret(object: JsonObject): JsonObject {
  const { stringData, ...rest } = object;
  const texts = Object.entries(asObject(stringData)).map(([key, text]) => [key, asString(text)] as const);
  if (texts.length === 0) return object;
  const encoded = texts.map(([key, text]) => [key, Buffer.from(text).toString("base64")] as const);
  return { ...rest, data: { ...asObject(object.data), ...Object.fromEntries(encoded) } };
}

/**
 * The form in which the API server would give the inputs back, so that equal meaning is equal text. Inputs with unknown parts and custom
 * resources only lose the metadata that nobody may set.
 */
export function normalizeInputs(inputs: JsonObject): JsonObject {
  let object = copy(inputs);
  const metadata = object.metadata;
  if (isObject(metadata)) {
    object.metadata = Object.fromEntries(
      Object.entries(metadata).filter(([key, value]) => !READ_ONLY_METADATA.includes(key) && value !== null),
    );
  }
  if (hasUnknown(object) || !isBuiltIn(apiVersionOf(object))) return object;
  if (kindOf(object) === "CustomResourceDefinition") {
    Reflect.deleteProperty(object, "status");
    return object;
  }
  if (kindOf(object) === "Secret" && apiVersionOf(object) === "v1") object = normalizeSecret(object);
  for (const path of QUANTITIES[kindOf(object)] ?? []) {
    object = asObject(replaceMatches(object, parsePath(path), canonical));
  }
  return asObject(withoutEmptyFields(object));
}
