import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ReleaseLedger } from "../ledger/release-ledger.ts";
import { Migration } from "../migration/migration.ts";
import { ServiceMonitor } from "../monitor/service-monitor.ts";
import type { SlotName } from "../names/slot-name.ts";
import { serviceSelectorLabels } from "../names/labels.ts";
import { allowEgress, allowIngress, allowReleaser, type Destination } from "../network/network-policies.ts";
import { releasePlanKey, releasePlanName } from "../release-plan/release-plan.ts";
import type { HttpRoute } from "../routes/http-routes.ts";
import { IstioRoutes, type RouteChecks } from "../routes/istio-routes.ts";
import { ReplicaRoutes } from "../routes/replica-routes.ts";
import { declareSecrets } from "../secret/secrets.ts";
import { Slots } from "../slots/slots.ts";
import type { LiveRelease } from "../slots/live-release.ts";
import type { ServiceContract, ServiceSettings } from "./contract.ts";
import type { ServicePlan } from "./plan.ts";

/** What an environment's monitoring needs to know of a service, and the other way round. */
export interface Monitoring {
  /** Namespace of Prometheus, which scrapes the pods. */
  readonly namespace: string;
  /** Labels by which the Prometheus operator finds its objects. */
  readonly labels: Readonly<Record<string, string>>;
  /** Time between two scrapes, in milliseconds. */
  readonly scrapeInterval: number;
}

export interface ServiceArgs {
  readonly namespace: pulumi.Input<string>;
  /** Name of the service and of what belongs to it. */
  readonly service: string;
  readonly contract: ServiceContract;
  readonly settings: ServiceSettings;
  /** What to do with the slots: see `planService`. */
  readonly plan: ServicePlan;
  /** What runs. @default nothing: the first run */
  readonly live?: LiveRelease | undefined;
  /** How to release it: the text of a release plan. */
  readonly releasePlan: string;
  readonly monitoring: Monitoring;
  /** Addresses beyond the gateway and Prometheus that may connect to the service. */
  readonly ingressCidrs: readonly string[];
  /** What releasers in the cluster reach by an address. @default releases do not run in the cluster */
  readonly releaserEgress?: readonly Destination[] | undefined;
  /** How long new pods may take to become ready, in seconds. */
  readonly readyDeadlineSeconds: number;
  /** What an update of the routes waits for. @default nothing */
  readonly routeChecks?: ((update: RoutesUpdate) => RouteChecks) | undefined;
  /** What an update of a slot waits for. @default nothing */
  readonly slotCheck?: ((update: SlotsUpdate) => (slot: SlotName) => Promise<void>) | undefined;
}

/** An update of slots. */
export interface SlotsUpdate {
  readonly service: string;
  readonly router: "istio" | "replicas";
  /** What was decided of them. */
  readonly plan: Pick<ServicePlan, "active" | "staged">;
}

/** An update of routes. */
export interface RoutesUpdate {
  readonly service: string;
  /** The routes as they were read. */
  readonly http: readonly HttpRoute[];
  /** The routes as this run declares them: what it finds once it has written them. */
  readonly declared: readonly HttpRoute[];
  /** Slots with traffic that the routes name by their own Services, or at another port, from now on. */
  readonly renamed: readonly SlotName[];
}

/** A web service in two slots, of which one serves, and all that a release of it needs. */
export class Service extends pulumi.ComponentResource {
  constructor(name: string, args: ServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:service:Service", name, {}, opts);
    const { namespace, service, contract, settings, plan, live } = args;
    const common = { namespace, service };

    const identity = this.identity(name, args);
    const network = this.network(name, args);
    const migration =
      contract.migration &&
      plan.migration &&
      new Migration(
        `${name}-migration`,
        {
          namespace,
          workload: {
            service,
            image: plan.image,
            imagePullPolicy: settings.imagePullPolicy,
            resources: settings.resources,
            scratch: contract.scratch,
            user: contract.user,
          },
          secret: plan.secret,
          migration: contract.migration,
          plan: plan.migration,
        },
        { parent: this, dependsOn: [...identity, ...network] },
      );
    const slots = new Slots(
      name,
      {
        ...common,
        plan: plan.slots,
        desired: plan.desired,
        live: live?.slots,
        autoscaling: settings.autoscaling && { ...settings.autoscaling, minReplicas: settings.replicas },
        readyDeadlineSeconds: args.readyDeadlineSeconds,
        check: args.slotCheck?.({ service, router: settings.routes.router, plan }),
      },
      { parent: this, dependsOn: [...identity, ...network, ...(migration ? [migration] : [])] },
    );
    this.releasePlan(name, args);
    const ledger = new ReleaseLedger(`${name}-ledger`, { ...common, ledger: live?.ledger }, { parent: this });
    // The route comes last: where there is one, the first version came up, and the ledger says what serves.
    this.routes(name, args, [slots, ledger]);
    new ServiceMonitor(
      name,
      {
        ...common,
        path: contract.metrics.path,
        scrapeInterval: args.monitoring.scrapeInterval,
        selectorLabels: args.monitoring.labels,
      },
      { parent: this },
    );
    this.registerOutputs();
  }

  /** Who the pods are, and what they are told in confidence. */
  private identity(name: string, { namespace, service, plan }: ServiceArgs): pulumi.Resource[] {
    const labels = serviceSelectorLabels(service);
    const account = new k8s.core.v1.ServiceAccount(
      name,
      { metadata: { name: service, namespace, labels }, automountServiceAccountToken: false },
      { parent: this },
    );
    return [account, ...declareSecrets({ namespace, service, plan: plan.secrets }, this)];
  }

  /**
   * What the releaser is told. It is the program's alone: each `up` makes it what the configuration says, save during a release, which another
   * plan would end.
   */
  private releasePlan(name: string, { namespace, service, releasePlan, live }: ServiceArgs): void {
    const isReleasing = live !== undefined && live.ledger.current !== null;
    new k8s.core.v1.ConfigMap(
      `${name}-release-plan`,
      {
        metadata: { name: releasePlanName(service), namespace, labels: serviceSelectorLabels(service) },
        data: { [releasePlanKey]: releasePlan },
      },
      { parent: this, ...(isReleasing ? { ignoreChanges: ["data"] } : {}) },
    );
  }

  private network(name: string, args: ServiceArgs): pulumi.Resource[] {
    const { namespace, service, settings, monitoring, ingressCidrs, releaserEgress } = args;
    const { pods: ports } = args.plan.ports;
    const { routes, egress } = settings;
    const gateways = routes.router === "istio" ? [routes.gateway.namespace] : [];
    const clients = routes.router === "istio" ? gateways : routes.clientNamespaces;
    const policies = {
      ingress: allowIngress(service, ports, {
        namespaces: [...clients, monitoring.namespace],
        cidrs: ingressCidrs,
        releaser: releaserEgress !== undefined,
      }),
      egress: allowEgress(service, egress),
      ...(releaserEgress && {
        releaser: allowReleaser(service, {
          ports,
          namespaces: [...gateways, monitoring.namespace],
          destinations: releaserEgress,
        }),
      }),
    };
    return Object.entries(policies).map(
      ([what, spec]) =>
        new k8s.networking.v1.NetworkPolicy(
          `${name}-${what}`,
          { metadata: { name: `${service}-${what}`, namespace }, spec },
          { parent: this },
        ),
    );
  }

  private routes(name: string, args: ServiceArgs, dependsOn: pulumi.Resource[]): void {
    const { namespace, service, contract, settings, plan, live } = args;
    const { routes } = settings;
    const common = { namespace, service, active: plan.active, ports: plan.ports.services, holdsPorts: plan.ports.held };
    const options = { parent: this, dependsOn };
    if (routes.router === "istio") {
      const http = { port: contract.port, timeout: routes.timeout, retries: routes.retries };
      const update = live?.routes &&
        plan.routes && {
          service,
          http: live.routes.http,
          declared: plan.routes.http.value,
          renamed: plan.routes.renamed,
        };
      new IstioRoutes(
        name,
        {
          ...common,
          hosts: routes.hosts,
          gateway: routes.gateway,
          http,
          plan: plan.routes,
          checks: update && args.routeChecks?.(update),
        },
        options,
      );
    } else {
      new ReplicaRoutes(name, { ...common, weights: live?.weights }, options);
    }
  }
}
