import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labelKeys, serviceSelectorLabels } from "../names/labels.ts";
import { allTo } from "../slots/live-release.ts";
import { otherSlot, type BySlot, type SlotName } from "../names/slot-name.ts";
import type { HttpRouteSettings } from "./http-routes.ts";
import {
  destinationRuleSpec,
  gatewaySpec,
  istioApiVersion,
  virtualServiceSpec,
  type GatewaySettings,
} from "./manifests.ts";
import { clusterService } from "./cluster-service.ts";

export interface IstioRoutesArgs {
  readonly namespace: pulumi.Input<string>;
  /** The service; its name is that of every object here. */
  readonly service: string;
  /** Hosts that requests ask for; `*` is any. */
  readonly hosts: readonly string[];
  readonly gateway: GatewaySettings;
  /** What the routes do with a request. */
  readonly http: Omit<HttpRouteSettings, "service">;
  /** The slot that serves. */
  readonly active: SlotName;
  /** What the route says now. It is declared again, so that an `up` whose state was lost moves nothing. @default all to `active` */
  readonly weights?: BySlot<number> | undefined;
}

/**
 * A service behind an Istio gateway: weights share its requests out among the slots, and the header `x-canary` always reaches the
 * candidate. The releaser owns the VirtualService's `http` from the first release on.
 */
export class IstioRoutes extends pulumi.ComponentResource {
  constructor(name: string, args: IstioRoutesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:routes:Istio", name, {}, opts);
    const { service, hosts } = args;
    const metadata = { name: service, namespace: args.namespace, labels: serviceSelectorLabels(service) };
    const weights = args.weights ?? allTo(args.active);

    const backend = new k8s.core.v1.Service(
      name,
      clusterService(
        { ...metadata, labels: { ...metadata.labels, [labelKeys.scrape]: "true" } },
        {
          selector: serviceSelectorLabels(service),
          port: args.http.port,
        },
      ),
      { parent: this },
    );
    const gateway = new k8s.apiextensions.CustomResource(
      `${name}-gateway`,
      { apiVersion: istioApiVersion, kind: "Gateway", metadata, spec: gatewaySpec(args.gateway, hosts) },
      { parent: this },
    );
    const subsets = new k8s.apiextensions.CustomResource(
      `${name}-subsets`,
      { apiVersion: istioApiVersion, kind: "DestinationRule", metadata, spec: destinationRuleSpec(service) },
      { parent: this },
    );
    new k8s.apiextensions.CustomResource(
      `${name}-route`,
      {
        apiVersion: istioApiVersion,
        kind: "VirtualService",
        metadata,
        spec: virtualServiceSpec(
          hosts,
          { ...args.http, service },
          { active: args.active, candidateWeight: weights[otherSlot(args.active)] },
        ),
      },
      // A route to a subset that is not known yet answers 503.
      { parent: this, ignoreChanges: ["spec.http"], dependsOn: [backend, gateway, subsets] },
    );
    this.registerOutputs();
  }
}
