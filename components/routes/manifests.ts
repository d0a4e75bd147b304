import type { IDestinationRule } from "@kubernetes-models/istio/networking.istio.io/v1beta1/DestinationRule";
import type { IGateway } from "@kubernetes-models/istio/networking.istio.io/v1beta1/Gateway";
import type { IVirtualService } from "@kubernetes-models/istio/networking.istio.io/v1beta1/VirtualService";
import { labelKeys } from "../names/labels.ts";
import { slotNames } from "../names/slot-name.ts";
import type { HttpRoute } from "./http-routes.ts";

/** The version that Istio serves since 1.22; its schema is that of v1beta1, from which the types come. */
export const istioApiVersion = "networking.istio.io/v1";

/** Where requests come in. */
export interface GatewaySettings {
  /** Labels of the gateway's pods. */
  readonly selector: Readonly<Record<string, string>>;
  /** Port that the gateway listens on. */
  readonly port: number;
  /** Name of the TLS Secret beside the gateway's pods. @default plain HTTP */
  readonly tlsSecret?: string | undefined;
}

/** Which hosts come in at which gateway. */
export function gatewaySpec(gateway: GatewaySettings, hosts: readonly string[]): NonNullable<IGateway["spec"]> {
  const { port, tlsSecret } = gateway;
  const server =
    tlsSecret === undefined
      ? { port: { number: port, name: "http", protocol: "HTTP" } }
      : {
          port: { number: port, name: "https", protocol: "HTTPS" },
          tls: { mode: "SIMPLE" as const, credentialName: tlsSecret, minProtocolVersion: "TLSV1_2" as const },
        };
  return { selector: { ...gateway.selector }, servers: [{ hosts: [...hosts], ...server }] };
}

/** How the requests to a slot's Service are shared out among its pods. */
export function destinationRuleSpec(host: string): NonNullable<IDestinationRule["spec"]> {
  // A slot gets its share by weight; within it, the pod with the fewest open requests is asked.
  return { host, trafficPolicy: { loadBalancer: { simple: "LEAST_REQUEST" } } };
}

/**
 * The slots as subsets of one Service over both, as routes of earlier versions name them. They stay for as long as routes do that: a release
 * that was begun before an update has to be ended.
 */
export function subsetsSpec(service: string): NonNullable<IDestinationRule["spec"]> {
  return {
    ...destinationRuleSpec(service),
    subsets: slotNames.map((slot) => ({ name: slot, labels: { [labelKeys.slot]: slot } })),
  };
}

/** How the requests that come in at a Gateway are shared out. */
export function virtualServiceSpec(
  hosts: readonly string[],
  gateway: string,
  http: readonly HttpRoute[],
): NonNullable<IVirtualService["spec"]> {
  return { hosts: [...hosts], gateways: [gateway], http: [...http] };
}
