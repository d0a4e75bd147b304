import { clientSubjects, kubeletApiUser } from "../certificates.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";

export const meshNamespace = "istio-system";
export const monitoringNamespace = "monitoring";
/** The ServiceAccount of the Prometheus pods. */
export const prometheusAccount = "prometheus";

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

export const read = ["get", "list", "watch"];

/** Namespaces and rights of the cluster's own clients; each may do what its part needs. */
export function permissions(nodeName: string): readonly KubernetesObject[] {
  const subjects = clientSubjects(nodeName);
  return [
    namespace(meshNamespace),
    namespace(monitoringNamespace),
    binding("atom:kube-apiserver", "system:kubelet-api-admin", { user: kubeletApiUser }),
    role("atom:istiod", istiodRules),
    binding("atom:istiod", "atom:istiod", { user: subjects.istiod.user }),
    role("atom:prometheus-operator", operatorRules),
    binding("atom:prometheus-operator", "atom:prometheus-operator", { user: subjects["prometheus-operator"].user }),
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: prometheusAccount, namespace: monitoringNamespace },
    },
    role("atom:prometheus", prometheusRules),
    binding("atom:prometheus", "atom:prometheus", { account: prometheusAccount, namespace: monitoringNamespace }),
  ];
}

/** Istio's own role without what is off here: injection, validation, the certificate authority and the Gateway API. */
const istiodRules: readonly Rule[] = [
  {
    apiGroups: [
      "extensions.istio.io",
      "networking.istio.io",
      "security.istio.io",
      "telemetry.istio.io",
      "apiextensions.k8s.io",
      "discovery.k8s.io",
      "networking.k8s.io",
      // It waits for its lists of webhooks, though there are none.
      "admissionregistration.k8s.io",
    ],
    resources: ["*"],
    verbs: read,
  },
  { apiGroups: [""], resources: ["pods", "nodes", "services", "namespaces", "endpoints"], verbs: read },
  { apiGroups: [""], resources: ["configmaps"], verbs: [...read, "create", "update"] },
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update", "patch"] },
  { apiGroups: [""], resources: ["secrets"], verbs: read },
];

/** As the operator's example has it. */
const operatorRules: readonly Rule[] = [
  { apiGroups: ["monitoring.coreos.com"], resources: ["*"], verbs: ["*"] },
  { apiGroups: ["apps"], resources: ["statefulsets"], verbs: ["*"] },
  { apiGroups: [""], resources: ["configmaps", "secrets"], verbs: ["*"] },
  { apiGroups: [""], resources: ["pods"], verbs: ["list", "delete"] },
  {
    apiGroups: [""],
    resources: ["services", "services/finalizers", "endpoints"],
    verbs: ["get", "create", "update", "delete"],
  },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: [...read, "create", "update", "delete"] },
  { apiGroups: [""], resources: ["namespaces", "nodes"], verbs: read },
  { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: read },
  { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: ["get"] },
  { apiGroups: ["authorization.k8s.io"], resources: ["selfsubjectaccessreviews"], verbs: ["create"] },
];

/** Discovery of what monitors select, in every namespace. */
const prometheusRules: readonly Rule[] = [
  { apiGroups: [""], resources: ["pods", "services", "endpoints", "nodes"], verbs: read },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
];

export function namespace(name: string): KubernetesObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

export function role(name: string, rules: readonly Rule[]): KubernetesObject {
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name }, rules };
}

type Grantee = { readonly user: string } | { readonly account: string; readonly namespace: string };

export function binding(name: string, roleName: string, grantee: Grantee): KubernetesObject {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: roleName },
    subjects: [
      "user" in grantee
        ? { apiGroup: "rbac.authorization.k8s.io", kind: "User", name: grantee.user }
        : { kind: "ServiceAccount", name: grantee.account, namespace: grantee.namespace },
    ],
  };
}
