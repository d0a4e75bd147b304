export const toolNames = [
  "pulumi",
  "kubernetes",
  "etcd",
  "istiod",
  "istio-crds",
  "envoy",
  "prometheus-operator",
  "prometheus-operator-crds",
  "prometheus",
  "containerd",
  "runc",
  "cni-plugins",
  "iptables",
  "alertmanager",
  "pushgateway",
  "postgresql",
  "redis",
  "tini",
  "pause",
] as const;

export type ToolName = (typeof toolNames)[number];
