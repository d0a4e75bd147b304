import { clientSubjects } from "../certificates.ts";
import { binding, namespace, read, role, type Rule } from "./permissions.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";

/** Where KEDA looks for the Secrets of what is not of one namespace; there are none. */
export const kedaNamespace = "keda";

/** KEDA's own role without what is off here: its webhooks, its API of metrics, ScaledJobs' Jobs, its election of a leader, and targets that are no workload. */
const rules: readonly Rule[] = [
  {
    apiGroups: [""],
    resources: ["configmaps", "limitranges", "pods", "secrets", "serviceaccounts", "services"],
    verbs: read,
  },
  { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
  { apiGroups: ["apps"], resources: ["deployments", "replicasets", "statefulsets"], verbs: read },
  { apiGroups: ["*"], resources: ["*/scale"], verbs: [...read, "patch", "update"] },
  {
    apiGroups: ["autoscaling"],
    resources: ["horizontalpodautoscalers"],
    verbs: [...read, "create", "delete", "patch", "update"],
  },
  // It waits for its list of them, though it makes none.
  { apiGroups: ["batch"], resources: ["jobs"], verbs: read },
  { apiGroups: ["keda.sh", "eventing.keda.sh"], resources: ["*"], verbs: [...read, "patch", "update"] },
];

/** What KEDA's operator may do, a process on the bridge and no pod. */
export function scaledObjects(nodeName: string): readonly KubernetesObject[] {
  const { user } = clientSubjects(nodeName).keda;
  return [namespace(kedaNamespace), role("atom:keda", rules), binding("atom:keda", "atom:keda", { user })];
}
