import type { types } from "@pulumi/kubernetes";

/** A port of a Service. */
export interface ServicePort {
  readonly port: number;
  /** Proxies join a Service's ports with its pods by it, and answer 503 for a moment where it changes. */
  readonly name: string;
}

export interface ClusterServiceArgs {
  readonly selector: Readonly<Record<string, string>>;
  /** Ports of the Service, the one to use first; requests go to the container port that is named `http`. */
  readonly ports: readonly ServicePort[];
  /** Annotations beside its own. @default none */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Service inside the cluster, over HTTP. */
export function clusterService(
  metadata: types.input.meta.v1.ObjectMeta,
  { selector, ports, annotations }: ClusterServiceArgs,
): { metadata: types.input.meta.v1.ObjectMeta; spec: types.input.core.v1.ServiceSpec } {
  return {
    // An idle slot has no pods, so waiting for a Service to have some would wait in vain; the Deployments are waited for.
    metadata: { ...metadata, annotations: { ...annotations, "pulumi.com/skipAwait": "true" } },
    spec: {
      type: "ClusterIP",
      selector: { ...selector },
      ports: ports.map(({ port, name }) => ({
        ...{ name, port, targetPort: "http", protocol: "TCP", appProtocol: "http" },
      })),
    },
  };
}
