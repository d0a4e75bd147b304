import type { IServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { formatDuration } from "../duration/duration.ts";
import { labelKeys, serviceSelectorLabels } from "../names/labels.ts";

export interface ServiceMonitorArgs {
  readonly namespace: pulumi.Input<string>;
  readonly service: string;
  /** Path of the service's metrics. */
  readonly path: string;
  /** Time between two scrapes, in milliseconds. */
  readonly scrapeInterval: number;
  /** Labels by which the Prometheus operator finds the object. */
  readonly selectorLabels: Readonly<Record<string, string>>;
}

/** Has Prometheus scrape every pod of a service, of both slots, with labels that tell slot, version and template apart. */
export class ServiceMonitor extends pulumi.ComponentResource {
  constructor(name: string, args: ServiceMonitorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:monitor:ServiceMonitor", name, {}, opts);
    const { service, namespace, selectorLabels } = args;
    new k8s.apiextensions.CustomResource(
      name,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "ServiceMonitor",
        metadata: { name: service, namespace, labels: { ...serviceSelectorLabels(service), ...selectorLabels } },
        spec: serviceMonitorSpec(args),
      },
      { parent: this },
    );
    this.registerOutputs();
  }
}

/** The pods' labels that Prometheus copies, by the name that they get there. */
const copiedLabels = { slot: labelKeys.slot, version: labelKeys.version, template: labelKeys.template };

/** Which Services are scraped, and with which labels. */
export function serviceMonitorSpec({
  service,
  path,
  scrapeInterval,
}: Pick<ServiceMonitorArgs, "service" | "path" | "scrapeInterval">): NonNullable<IServiceMonitor["spec"]> {
  const interval = formatDuration(scrapeInterval);
  return {
    // `job` is the service's name, whichever Service the pod was found by.
    jobLabel: labelKeys.name,
    selector: { matchLabels: { ...serviceSelectorLabels(service), [labelKeys.scrape]: "true" } },
    endpoints: [
      {
        // That of the pods: a Service's own ports change their names and numbers, and two of them lead to the same one.
        targetPort: "http",
        path,
        interval,
        scrapeTimeout: interval,
        // The service's own `slot` and `version` win over those of its pod; they are the same.
        honorLabels: true,
        relabelings: Object.entries(copiedLabels).map(([targetLabel, label]) => ({
          action: "replace" as const,
          sourceLabels: [`__meta_kubernetes_pod_label_${label.replace(/[^A-Za-z0-9_]/g, "_")}`],
          targetLabel,
        })),
      },
    ],
  };
}
