import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labelKeys, serviceSelectorLabels, slotSelectorLabels } from "../names/labels.ts";
import { slotName } from "../names/names.ts";
import { slotNames, type SlotName } from "../names/slot-name.ts";
import { buildHttpRoutes, type HttpRoute, type HttpRouteSettings } from "./http-routes.ts";
import {
  destinationRuleSpec,
  gatewaySpec,
  istioApiVersion,
  subsetsSpec,
  virtualServiceSpec,
  type GatewaySettings,
} from "./manifests.ts";
import { clusterService, type ServicePort } from "./cluster-service.ts";
import type { Declared, RoutesPlan } from "./plan.ts";
import { slotServices } from "./slot-services.ts";

export interface IstioRoutesArgs {
  readonly namespace: pulumi.Input<string>;
  /** The service; its name is that of every object here. */
  readonly service: string;
  /** Hosts that requests ask for; `*` is any. */
  readonly hosts: readonly string[];
  readonly gateway: GatewaySettings;
  /** What the routes do with a request. */
  readonly http: Omit<HttpRouteSettings, "service">;
  /** Ports of the Services, that of the routes first. */
  readonly ports: readonly ServicePort[];
  /** Whether these are left as they are where they are there already. @default false */
  readonly holdsPorts?: boolean;
  /** The slot that serves. */
  readonly active: SlotName;
  /** What becomes of the routes that are there. @default there are none, and all traffic goes to `active` */
  readonly plan?: RoutesPlan | undefined;
  /** What an update of routes waits for. @default nothing */
  readonly checks?: RouteChecks | undefined;
}

/** What an update of routes, or of who is behind a Service, waits for. */
export interface RouteChecks {
  /** Right before it. Rejects with why it may not be. */
  readonly before: () => Promise<void>;
  /** Once it is made. */
  readonly after: () => Promise<void>;
}

/**
 * A service behind an Istio gateway: weights share its requests out among the slots, of which each has a Service of its own. The Service of the
 * service's own name, for callers inside the cluster, selects the slot that serves. Weights, that selector, and the route by which the header
 * `x-canary` reaches a candidate are the releaser's; of what else is in the VirtualService's `http` only what the stack's file says is declared.
 */
export class IstioRoutes extends pulumi.ComponentResource {
  constructor(name: string, args: IstioRoutesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:routes:Istio", name, {}, opts);
    const { service, hosts, ports, holdsPorts = false } = args;
    const metadata = { name: service, namespace: args.namespace, labels: serviceSelectorLabels(service) };

    const backends = slotServices(name, { namespace: args.namespace, service, ports, holdsPorts }, this);
    const gateway = new k8s.apiextensions.CustomResource(
      `${name}-gateway`,
      { apiVersion: istioApiVersion, kind: "Gateway", metadata, spec: gatewaySpec(args.gateway, hosts) },
      { parent: this },
    );
    const balancing = slotNames.map((slot) => {
      const host = slotName(service, slot);
      const rule = { metadata: { ...metadata, name: host }, spec: destinationRuleSpec(host) };
      return new k8s.apiextensions.CustomResource(
        `${name}-${slot}`,
        { apiVersion: istioApiVersion, kind: "DestinationRule", ...rule },
        { parent: this },
      );
    });
    if (args.plan?.subsets === true)
      new k8s.apiextensions.CustomResource(
        `${name}-subsets`,
        { apiVersion: istioApiVersion, kind: "DestinationRule", metadata, spec: subsetsSpec(service) },
        { parent: this },
      );
    const route = new k8s.apiextensions.CustomResource(
      `${name}-route`,
      {
        apiVersion: istioApiVersion,
        kind: "VirtualService",
        metadata: { ...metadata, annotations: annotationsOf(args.plan?.http) },
        spec: virtualServiceSpec(hosts, service, routesOf(args)),
      },
      {
        parent: this,
        // A route to a Service that is not known yet answers 503.
        dependsOn: [...backends, gateway, ...balancing],
        ...ownership("spec.http", args.plan?.http, args.checks),
      },
    );
    const own = args.plan?.selector;
    const selector = own?.value ?? slotSelectorLabels(service, args.active);
    new k8s.core.v1.Service(
      name,
      clusterService(metadata, { selector, ports, annotations: annotationsOf(own) }),
      // While routes name subsets of this Service, both slots are behind it.
      {
        parent: this,
        dependsOn: [route],
        ...ownership("spec.selector", own, args.checks, holdsPorts ? ["spec.ports"] : []),
      },
    );
    this.registerOutputs();
  }
}

/** Routes to declare: those that are there, with their weights, so that an `up` whose state was lost moves nothing. */
function routesOf({ service, active, http, plan }: IstioRoutesArgs): readonly HttpRoute[] {
  return plan?.http.value ?? buildHttpRoutes({ ...http, service }, { active, candidateWeight: 0 });
}

function annotationsOf(declared: Declared<unknown> | undefined): Record<string, string> {
  return {
    ...(declared?.applied === undefined ? {} : { [labelKeys.applied]: String(declared.applied) }),
    // What `up` writes it takes from the releaser, who wrote it last.
    "pulumi.com/patchForce": "true",
  };
}

/**
 * A property is the releaser's but for an `up` that writes it, which looks first: a release may have begun since the program read it.
 *
 * @param held further properties, which nobody writes now @default none
 */
function ownership(
  property: string,
  declared: Declared<unknown> | undefined,
  checks: RouteChecks | undefined,
  held: readonly string[] = [],
): Pick<pulumi.CustomResourceOptions, "ignoreChanges" | "hooks"> {
  if (declared?.written !== true) return { ignoreChanges: [property, ...held] };
  return checks === undefined ? {} : { hooks: { beforeUpdate: [checks.before], afterUpdate: [checks.after] } };
}
