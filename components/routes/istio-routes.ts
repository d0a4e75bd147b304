import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labelKeys, serviceSelectorLabels } from "../names/labels.ts";
import type { SlotName } from "../names/slot-name.ts";
import { buildHttpRoutes, type HttpRoute, type HttpRouteSettings } from "./http-routes.ts";
import {
  destinationRuleSpec,
  gatewaySpec,
  istioApiVersion,
  virtualServiceSpec,
  type GatewaySettings,
} from "./manifests.ts";
import { clusterService } from "./cluster-service.ts";
import type { RoutesPlan } from "./plan.ts";

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
  /** What becomes of the routes that are there. @default there are none, and all traffic goes to `active` */
  readonly plan?: RoutesPlan | undefined;
  /** Looks, right before an update writes routes, whether that may be; rejects with why not. @default it may */
  readonly beforeUpdate?: (() => Promise<void>) | undefined;
}

/**
 * A service behind an Istio gateway: weights share its requests out among the slots, and the header `x-canary` always reaches the
 * candidate. The weights are the releaser's; of what else is in the VirtualService's `http` only what the stack's file says is declared.
 */
export class IstioRoutes extends pulumi.ComponentResource {
  constructor(name: string, args: IstioRoutesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:routes:Istio", name, {}, opts);
    const { service, hosts } = args;
    const metadata = { name: service, namespace: args.namespace, labels: serviceSelectorLabels(service) };

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
        metadata: { ...metadata, annotations: routeAnnotations(args) },
        spec: virtualServiceSpec(hosts, service, routesOf(args)),
      },
      {
        parent: this,
        ignoreChanges: [...(args.plan?.ignoreChanges ?? ["spec.http"])],
        // A route to a subset that is not known yet answers 503.
        dependsOn: [backend, gateway, subsets],
        ...updateHook(args),
      },
    );
    this.registerOutputs();
  }
}

/** Routes to declare: those that are there, with their weights, so that an `up` whose state was lost moves nothing. */
function routesOf({ service, active, http, plan }: IstioRoutesArgs): readonly HttpRoute[] {
  return plan?.http ?? buildHttpRoutes({ ...http, service }, { active, candidateWeight: 0 });
}

function routeAnnotations({ plan }: IstioRoutesArgs): Record<string, string> {
  return {
    ...(plan?.applied === undefined ? {} : { [labelKeys.applied]: String(plan.applied) }),
    // What `up` writes of the routes it takes from the releaser, who wrote them last.
    "pulumi.com/patchForce": "true",
  };
}

/** Between the program's look at the cluster and its update a release may have begun. */
function updateHook({ plan, beforeUpdate }: IstioRoutesArgs): Pick<pulumi.CustomResourceOptions, "hooks"> {
  const writes = plan?.ignoreChanges.length === 0;
  return writes && beforeUpdate !== undefined ? { hooks: { beforeUpdate: [beforeUpdate] } } : {};
}
