import { type Json, type JsonObject } from "./json.ts";
import { apiVersionOf, kindOf } from "./kubernetes-object.ts";
import { contains, parsePath, valueAt, type PropertyPath } from "./property-path.ts";

/** Which kinds of otherwise mutable objects the provider's configuration allows to change in place. */
export interface Mutability {
  readonly configMap: boolean;
  readonly secret: boolean;
}

const CONTAINER_FIELDS = [
  ...["args", "command", "env", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports", "readinessProbe"],
  ...["resources", "securityContext", "stdin", "terminationMessagePath", "terminationMessagePolicy", "tty"],
  ...["volumeDevices", "volumeMounts", "workingDir"],
];

const POD_FIELDS = [
  ...["affinity", "automountServiceAccountToken", "dnsConfig", "dnsPolicy", "enableServiceLinks", "hostAliases"],
  ...["hostIPC", "hostNetwork", "hostPID", "hostname", "imagePullSecrets", "nodeName", "nodeSelector", "overhead"],
  ...["preemptionPolicy", "priority", "priorityClassName", "readinessGates", "restartPolicy", "runtimeClassName"],
  ...["schedulerName", "securityContext", "serviceAccount", "serviceAccountName", "shareProcessNamespace", "subdomain"],
  ...["terminationGracePeriodSeconds", "volumes"],
];

/** Fields that cannot change in place, by kind; those that the official provider replaces a resource for. */
const IMMUTABLE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  "apps/v1/DaemonSet": ["spec.selector"],
  "apps/v1/Deployment": ["spec.selector"],
  "apps/v1/StatefulSet": [
    ...["spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector", "spec.serviceName"],
    "spec.volumeClaimTemplates",
  ],
  "batch/v1/Job": ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
  "rbac.authorization.k8s.io/v1/RoleBinding": ["roleRef"],
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": ["roleRef"],
  "storage.k8s.io/v1/StorageClass": ["parameters", "provisioner"],
  "v1/PersistentVolumeClaim": ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
  "v1/Pod": [
    ...POD_FIELDS.map((field) => `spec.${field}`),
    ...CONTAINER_FIELDS.flatMap((field) => [`spec.containers[*].${field}`, `spec.initContainers[*].${field}`]),
  ],
  "v1/ResourceQuota": ["spec.scopes"],
  "v1/Service": ["spec.clusterIP"],
};

/** The paths whose change replaces the object. `*` in a path stands for any index. */
export function immutableFields(object: JsonObject, mutability: Mutability): PropertyPath[] {
  const id = `${apiVersionOf(object)}/${kindOf(object)}`;
  const fields = ["metadata.name", "metadata.namespace", ...(IMMUTABLE_FIELDS[id] ?? [])];
  const sealed = object.immutable === true;
  if (id === "v1/Secret") fields.push("type");
  if (id === "v1/Secret" && (sealed || !mutability.secret)) fields.push("data", "stringData");
  if (id === "v1/ConfigMap" && (sealed || !mutability.configMap)) fields.push("data", "binaryData");
  return fields.map(parsePath);
}

/** True when a change at `path`, whose new value is `value`, touches one of the immutable fields: at it, below it, or above with it inside. */
export function touchesImmutable(
  fields: readonly PropertyPath[],
  path: PropertyPath,
  value: Json | undefined,
): boolean {
  return fields.some((field) => {
    if (contains(field, path)) return true;
    const above = path.length < field.length && contains(field.slice(0, path.length), path);
    return above && valueAt(value, field.slice(path.length)) !== undefined;
  });
}
