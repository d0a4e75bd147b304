import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { serviceSelectorLabels } from "../names/labels.ts";
import type { BySlot, SlotName } from "../names/slot-name.ts";
import { allTo } from "../slots/live-release.ts";
import { clusterService, type ServicePort } from "./cluster-service.ts";
import { slotServices } from "./slot-services.ts";
import { serviceSelector } from "./service-selector.ts";

export interface ReplicaRoutesArgs {
  readonly namespace: pulumi.Input<string>;
  /** The service; its name is that of the Service which users ask. */
  readonly service: string;
  /** Ports of the Services, the one to use first. */
  readonly ports: readonly ServicePort[];
  /** Whether these are left as they are where they are there already. @default false */
  readonly holdsPorts?: boolean;
  /** The slot that serves. */
  readonly active: SlotName;
  /** What the selector says now: see {@link serviceSelector}. @default all to `active` */
  readonly weights?: BySlot<number> | undefined;
}

/**
 * A service without a mesh: the Service selects one slot or both, and the number of their replicas shares out the requests. The
 * releaser owns the selector from the first release on, and reaches each slot by a Service of its own.
 */
export class ReplicaRoutes extends pulumi.ComponentResource {
  constructor(name: string, args: ReplicaRoutesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:routes:Replicas", name, {}, opts);
    const { service, namespace, ports, holdsPorts = false } = args;
    const labels = serviceSelectorLabels(service);

    slotServices(name, { namespace, service, ports, holdsPorts }, this);
    new k8s.core.v1.Service(
      name,
      clusterService(
        { name: service, namespace, labels },
        { selector: serviceSelector(service, args.weights ?? allTo(args.active)), ports },
      ),
      { parent: this, ignoreChanges: ["spec.selector", ...(holdsPorts ? ["spec.ports"] : [])] },
    );
    this.registerOutputs();
  }
}
