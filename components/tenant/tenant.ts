import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { allowDns, denyAll } from "../network/network-policies.ts";
import { kubernetesResources, type Resources } from "../workload/pod-template.ts";

/** What all pods of a namespace may use together, in Kubernetes' notation. */
export interface Quota {
  readonly pods: number;
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly memory: string };
}

export interface TenantArgs {
  /** Name of the namespace. */
  readonly namespace: string;
  readonly quota: Quota;
  /** What a container gets that does not say. */
  readonly containerDefaults: Resources;
  /** Namespace of the cluster's DNS. */
  readonly dnsNamespace: string;
}

/**
 * A namespace whose pods can do little: Pod Security `restricted`, a quota, defaults for containers, and no traffic but what is opened.
 */
export class Tenant extends pulumi.ComponentResource {
  /** Name of the namespace; what uses it is declared after it. */
  readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: TenantArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:tenant:Tenant", name, {}, opts);
    const parent = { parent: this };
    const namespace = new k8s.core.v1.Namespace(
      name,
      { metadata: { name: args.namespace, labels: podSecurityLabels("restricted") } },
      parent,
    );
    this.namespace = namespace.metadata.name;
    const metadata = (resource: string) => ({ name: resource, namespace: this.namespace });

    new k8s.core.v1.ResourceQuota(
      `${name}-quota`,
      { metadata: metadata("quota"), spec: { hard: quotaAmounts(args.quota) } },
      parent,
    );
    new k8s.core.v1.LimitRange(
      `${name}-container-defaults`,
      { metadata: metadata("container-defaults"), spec: { limits: [containerLimits(args.containerDefaults)] } },
      parent,
    );
    new k8s.networking.v1.NetworkPolicy(
      `${name}-deny-all`,
      { metadata: metadata("deny-all"), spec: denyAll() },
      parent,
    );
    new k8s.networking.v1.NetworkPolicy(
      `${name}-allow-dns`,
      { metadata: metadata("allow-dns"), spec: allowDns(args.dnsNamespace) },
      parent,
    );
    this.registerOutputs({ namespace: this.namespace });
  }
}

/** Labels by which the API server refuses, audits and warns of pods that break a Pod Security standard. */
export function podSecurityLabels(standard: "baseline" | "restricted"): Record<string, string> {
  return Object.fromEntries(
    ["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, standard]),
  );
}

/** A quota as Kubernetes writes it. Nothing here is reached from outside but through the gateway. */
export function quotaAmounts({ pods, requests, limits }: Quota): Record<string, string> {
  return {
    pods: String(pods),
    "requests.cpu": requests.cpu,
    "requests.memory": requests.memory,
    "limits.memory": limits.memory,
    "services.loadbalancers": "0",
    "services.nodeports": "0",
  };
}

function containerLimits(resources: Resources): k8s.types.input.core.v1.LimitRangeItem {
  const { requests, limits } = kubernetesResources(resources);
  return { type: "Container", defaultRequest: requests, default: limits };
}
