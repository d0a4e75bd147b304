import { inside, ports } from "../addresses.ts";
import { clientSubjects } from "../certificates.ts";
import { binding, read, role } from "./permissions.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";

const name = "metrics-server";
const namespace = "kube-system";
const api = { group: "metrics.k8s.io", version: "v1beta1" };

/** A path that the API server answers once it reaches metrics-server. */
export const resourceMetricsPath = `/apis/${api.group}/${api.version}/nodes`;

/** The rights of metrics-server, as its publisher's manifests have them, and the API that leads to it: a process on the bridge and no pod. */
export function resourceMetrics(nodeName: string): readonly KubernetesObject[] {
  const { user } = clientSubjects(nodeName)["metrics-server"];
  return [
    role("atom:metrics-server", [
      { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
      { apiGroups: [""], resources: ["pods", "nodes"], verbs: read },
    ]),
    binding("atom:metrics-server", "atom:metrics-server", { user }),
    // It asks the API server who asks it, and whether they may.
    binding("atom:metrics-server:auth-delegator", "system:auth-delegator", { user }),
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "atom:metrics-server:auth-reader", namespace },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "Role",
        name: "extension-apiserver-authentication-reader",
      },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
      spec: { ports: [{ name: "https", port: 443, targetPort: ports.metricsServer }] },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, namespace, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      endpoints: [{ addresses: [inside.bridge], conditions: { ready: true } }],
      ports: [{ name: "https", port: ports.metricsServer, protocol: "TCP" }],
    },
    {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: `${api.version}.${api.group}` },
      spec: {
        ...api,
        service: { name, namespace },
        // As its publisher has it: the certificate is one that it makes for itself. The network is the instance's own.
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    },
  ];
}
