import { KubeConfig } from "@kubernetes/client-node";
import type https from "node:https";
import { ApiClient } from "./api-client.ts";
import { servedResources } from "./discovery.ts";
import { ClusterError } from "./errors.ts";

/** What a stack declares beyond Kubernetes's own kinds, by who defines it. */
export const requiredResources = {
  Istio: [
    "gateways.networking.istio.io",
    "virtualservices.networking.istio.io",
    "destinationrules.networking.istio.io",
  ],
  "the Prometheus operator": [
    "servicemonitors.monitoring.coreos.com",
    "prometheusrules.monitoring.coreos.com",
    "alertmanagerconfigs.monitoring.coreos.com",
  ],
} as const;

export interface ContextOptions {
  /** Path of a kubeconfig. @default what KUBECONFIG names, or ~/.kube/config */
  readonly kubeconfig?: string;
}

/**
 * Checks a cluster that a user has: the context exists, its API server answers and serves what stacks declare. Changes nothing.
 * Throws a {@link ClusterError} that lists all that is missing.
 */
export async function checkContext(context: string, { kubeconfig }: ContextOptions = {}): Promise<void> {
  const config = new KubeConfig();
  if (kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromFile(kubeconfig);
  if (config.getContextObject(context) === null) throw unknownContext(context, config);
  config.setCurrentContext(context);
  const missing = missingFrom(await servedBy(context, config));
  if (missing.length > 0)
    throw new ClusterError({
      what: `the cluster of context "${context}" cannot take a stack`,
      why: `it lacks ${missing.map(({ owner, resources }) => `${resources.join(", ")} of ${owner}`).join("; ")}`,
      wayOut: `install ${missing.map(({ owner }) => owner).join(" and ")} there; nothing is installed into your cluster`,
    });
}

/** What of {@link requiredResources} is not served, by owner. */
export function missingFrom(served: ReadonlySet<string>): { owner: string; resources: string[] }[] {
  return Object.entries(requiredResources)
    .map(([owner, resources]) => ({ owner, resources: resources.filter((resource) => !served.has(resource)) }))
    .filter(({ resources }) => resources.length > 0);
}

function unknownContext(context: string, config: KubeConfig): ClusterError {
  const names = config.getContexts().map(({ name }) => name);
  return new ClusterError({
    what: `there is no context "${context}"`,
    why: names.length === 0 ? "the kubeconfig has none" : `the kubeconfig has ${names.join(", ")}`,
    wayOut: "choose one of these, or set KUBECONFIG to the file that has it",
  });
}

async function servedBy(context: string, config: KubeConfig): Promise<ReadonlySet<string>> {
  const server = config.getCurrentCluster()?.server ?? "";
  try {
    const options: https.RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const { headers, ...tls } = options;
    using client = new ApiClient({ server, tls, headers: (headers ?? {}) as Record<string, string> });
    return await servedResources(client);
  } catch (cause) {
    throw new ClusterError(
      {
        what: `the cluster of context "${context}" does not answer`,
        why: `${server}: ${cause instanceof Error ? cause.message : String(cause)}`,
        wayOut: `see whether it runs and lets you in: kubectl --context ${context} get namespaces`,
      },
      { cause },
    );
  }
}
