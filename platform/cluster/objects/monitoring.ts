import { inside, ports } from "../addresses.ts";
import { monitoringNamespace, prometheusAccount } from "./permissions.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";

/** What ServiceMonitors, PrometheusRules and AlertmanagerConfigs must carry to be taken, in any namespace. */
export const monitorLabels = { prometheus: "atom" } as const;

export interface MonitoringOptions {
  /** Image references. */
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly scrapeIntervalSeconds: number;
}

/** A Prometheus and an Alertmanager for the operator to run, with node ports of their own numbers. */
export function monitoring(options: MonitoringOptions): readonly KubernetesObject[] {
  return [
    prometheus(options),
    alertmanager(options),
    pushgatewayScrape,
    nodePortService("prometheus", { "app.kubernetes.io/name": "prometheus" }, ports.prometheus),
    nodePortService("alertmanager", { "app.kubernetes.io/name": "alertmanager" }, ports.alertmanager),
  ];
}

const selected = { matchLabels: monitorLabels };
/** A selector that takes every namespace. */
const everywhere = {};

/** Without a cluster DNS the usual policy makes the kubelet complain at every look at the pod. */
const noClusterDns = "Default";

/** The operator's own probes look every 5 and 15 seconds: an environment that starts in seconds wants to know sooner. */
const eagerProbes = {
  startupProbe: { periodSeconds: 1, failureThreshold: 120 },
  // The delay is the shortest that takes the place of the operator's own.
  readinessProbe: { initialDelaySeconds: 1, periodSeconds: 1 },
};

function prometheus(options: MonitoringOptions): KubernetesObject {
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "Prometheus",
    metadata: { name: "atom", namespace: monitoringNamespace, labels: monitorLabels },
    spec: {
      image: options.prometheus,
      imagePullPolicy: "Never",
      version: tagOf(options.prometheus),
      replicas: 1,
      serviceAccountName: prometheusAccount,
      scrapeInterval: `${options.scrapeIntervalSeconds}s`,
      evaluationInterval: `${options.scrapeIntervalSeconds}s`,
      retention: "7d",
      serviceMonitorSelector: selected,
      serviceMonitorNamespaceSelector: everywhere,
      podMonitorSelector: selected,
      podMonitorNamespaceSelector: everywhere,
      probeSelector: selected,
      probeNamespaceSelector: everywhere,
      scrapeConfigSelector: selected,
      scrapeConfigNamespaceSelector: everywhere,
      ruleSelector: selected,
      ruleNamespaceSelector: everywhere,
      alerting: {
        alertmanagers: [{ namespace: monitoringNamespace, name: "alertmanager-operated", port: "web" }],
      },
      securityContext: { runAsNonRoot: true, runAsUser: 65534, runAsGroup: 65534, fsGroup: 65534 },
      dnsPolicy: noClusterDns,
      containers: [{ name: "prometheus", ...eagerProbes }],
    },
  };
}

function alertmanager(options: MonitoringOptions): KubernetesObject {
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "Alertmanager",
    metadata: { name: "atom", namespace: monitoringNamespace, labels: monitorLabels },
    spec: {
      image: options.alertmanager,
      imagePullPolicy: "Never",
      version: tagOf(options.alertmanager),
      replicas: 1,
      alertmanagerConfigSelector: selected,
      alertmanagerConfigNamespaceSelector: everywhere,
      securityContext: { runAsNonRoot: true, runAsUser: 65534, runAsGroup: 65534, fsGroup: 65534 },
      dnsPolicy: noClusterDns,
      containers: [{ name: "alertmanager", readinessProbe: eagerProbes.readinessProbe }],
    },
  };
}

/** The Pushgateway is a process on the bridge; what it holds keeps the labels that were pushed. */
const pushgatewayScrape: KubernetesObject = {
  apiVersion: "monitoring.coreos.com/v1alpha1",
  kind: "ScrapeConfig",
  metadata: { name: "pushgateway", namespace: monitoringNamespace, labels: monitorLabels },
  spec: {
    jobName: "pushgateway",
    honorLabels: true,
    staticConfigs: [{ targets: [`${inside.bridge}:${ports.pushgateway}`] }],
  },
};

function nodePortService(name: string, selector: Readonly<Record<string, string>>, port: number): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: monitoringNamespace },
    spec: { type: "NodePort", selector, ports: [{ name: "web", port, targetPort: "web", nodePort: port }] },
  };
}

/** The operator derives flags from a version, which our images carry as their tag. */
function tagOf(reference: string): string {
  return reference.slice(reference.lastIndexOf(":") + 1);
}
