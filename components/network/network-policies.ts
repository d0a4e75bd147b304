import type { types } from "@pulumi/kubernetes";
import { labelKeys, serviceSelectorLabels } from "../names/labels.ts";
import { releaserSelectorLabels } from "../workload/releaser.ts";

type PolicySpec = types.input.networking.v1.NetworkPolicySpec;
type Peer = types.input.networking.v1.NetworkPolicyPeer;

/** Addresses outside the cluster's pods, and ports there. */
export interface Destination {
  /** e.g. `10.20.0.0/16`; one address is a `/32`. */
  readonly cidr: string;
  /** TCP ports. */
  readonly ports: readonly number[];
}

/** Who may open connections to a service. */
export interface IngressSources {
  /** Namespaces, by name: that of the gateway, that of Prometheus. */
  readonly namespaces: readonly string[];
  /** Addresses of what is no pod: a gateway on the host's network, the API server's proxy. */
  readonly cidrs: readonly string[];
  /** Whether releasers in the cluster read the counters of its pods. */
  readonly releaser: boolean;
}

/** Nothing goes in or out unless another policy opens it. */
export function denyAll(): PolicySpec {
  return { podSelector: {}, policyTypes: ["Ingress", "Egress"] };
}

/** Every pod may ask the cluster's DNS. */
export function allowDns(namespace: string): PolicySpec {
  return {
    podSelector: {},
    policyTypes: ["Egress"],
    egress: [
      {
        to: [inNamespace(namespace)],
        ports: [
          { protocol: "UDP", port: 53 },
          { protocol: "TCP", port: 53 },
        ],
      },
    ],
  };
}

/** The serving pods of a service are open to these sources, on these ports. */
export function allowIngress(service: string, ports: readonly number[], sources: IngressSources): PolicySpec {
  const from = [
    ...[...new Set(sources.namespaces)].map(inNamespace),
    ...sources.cidrs.map((cidr): Peer => ({ ipBlock: { cidr } })),
    ...(sources.releaser ? [{ podSelector: { matchLabels: releaserSelectorLabels(service) } }] : []),
  ];
  return {
    podSelector: { matchLabels: serviceSelectorLabels(service) },
    policyTypes: ["Ingress"],
    // An empty `from` would open the port to everybody.
    ingress: from.length === 0 ? [] : [{ from, ports: ports.map((port) => ({ protocol: "TCP", port })) }],
  };
}

/** All pods of a service, its migrations too, may reach these destinations. */
export function allowEgress(service: string, destinations: readonly Destination[]): PolicySpec {
  return {
    podSelector: { matchLabels: { [labelKeys.partOf]: service } },
    policyTypes: ["Egress"],
    egress: destinations.map(to),
  };
}

/** What a releaser in the cluster talks to. */
export interface ReleaserPeers {
  /** Ports of the service's pods. */
  readonly ports: readonly number[];
  /** Namespaces of the gateway and of Prometheus. A policy sees the pods' own ports, which are not those of their Services, so it names none. */
  readonly namespaces: readonly string[];
  /** The API server, and whatever of the rest is reached by an address. */
  readonly destinations: readonly Destination[];
}

/** The releasers of a service may move its traffic, ask it through its gateway, read its pods' counters and ask Prometheus. */
export function allowReleaser(service: string, { ports, namespaces, destinations }: ReleaserPeers): PolicySpec {
  return {
    podSelector: { matchLabels: releaserSelectorLabels(service) },
    policyTypes: ["Egress"],
    egress: [
      {
        to: [{ podSelector: { matchLabels: serviceSelectorLabels(service) } }],
        ports: ports.map((port) => ({ protocol: "TCP", port })),
      },
      { to: [...new Set(namespaces)].map(inNamespace) },
      ...destinations.map(to),
    ],
  };
}

function to({ cidr, ports }: Destination) {
  return { to: [{ ipBlock: { cidr } }], ports: ports.map((port) => ({ protocol: "TCP", port })) };
}

function inNamespace(name: string): Peer {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } };
}
