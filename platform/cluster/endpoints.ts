import { linkOf, ports } from "./addresses.ts";
import { instanceOf } from "./instance.ts";
import type { InstanceSpec } from "./spec.ts";

/** A running embedded cluster, as the host reaches it. */
export interface Cluster {
  readonly name: string;
  /** Path of the administrator's kubeconfig (mode 0600). */
  readonly kubeconfig: string;
  /** The context in `kubeconfig`, `atom-<name>`. */
  readonly context: string;
  /** Envoy's ingress gateway, e.g. "http://10.213.0.2:8080". It listens as soon as a Gateway object asks for port 8080. */
  readonly gatewayUrl: string;
  readonly apiServerUrl: string;
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  readonly pushgatewayUrl: string;
  /** The instance's folder; all that it keeps is in here, and goes when it is stopped. */
  readonly folder: string;
}

/** The addresses of an instance. */
export function clusterOf({ name, linkIndex }: Pick<InstanceSpec, "name" | "linkIndex">): Cluster {
  const instance = instanceOf(name);
  const { address } = linkOf(linkIndex);
  const url = (port: number): string => `http://${address}:${port}`;
  return {
    name,
    kubeconfig: instance.files.kubeconfig,
    context: instance.context,
    gatewayUrl: url(ports.gateway),
    apiServerUrl: `https://${address}:${ports.apiServer}`,
    prometheusUrl: url(ports.prometheus),
    alertmanagerUrl: url(ports.alertmanager),
    pushgatewayUrl: url(ports.pushgateway),
    folder: instance.folder,
  };
}
