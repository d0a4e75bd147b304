import type { ServiceConfig, StackConfig } from "./config/schema.ts";

/** Where one of several like environments is; what is left out is as the stack's configuration says. */
export interface InstanceAddresses {
  /** Context of the kubeconfig. */
  readonly context?: string;
  /** Path of the kubeconfig. */
  readonly kubeconfig?: string;
  /** Where requests go in, as this machine reaches it. */
  readonly entryUrl?: string;
  /** Prometheus, as this machine reaches it. */
  readonly prometheusUrl?: string;
}

/** A configuration with the addresses of an instance in place of its own. */
export function atInstance(config: StackConfig, instance: InstanceAddresses): StackConfig {
  const { context, kubeconfig, entryUrl, prometheusUrl } = instance;
  return {
    ...config,
    cluster: {
      context: context ?? config.cluster.context,
      kubeconfig: kubeconfig ?? config.cluster.kubeconfig,
    },
    monitoring: { ...config.monitoring, prometheusUrl: prometheusUrl ?? config.monitoring.prometheusUrl },
    services: Object.fromEntries(
      Object.entries(config.services).map(([name, service]) => [name, enteredAt(service, entryUrl)]),
    ),
  };
}

function enteredAt(service: ServiceConfig, url: string | undefined): ServiceConfig {
  if (url === undefined || service.routes.router !== "istio") return service;
  return { ...service, routes: { ...service.routes, url } };
}
