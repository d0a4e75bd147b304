import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labelKeys, serviceSelectorLabels, slotSelectorLabels } from "../names/labels.ts";
import { slotName } from "../names/names.ts";
import { slotNames } from "../names/slot-name.ts";
import { clusterService, type ServicePort } from "./cluster-service.ts";

export interface SlotServicesArgs {
  readonly namespace: pulumi.Input<string>;
  readonly service: string;
  /** Ports of the Services, the one to use first. */
  readonly ports: readonly ServicePort[];
  /** Whether these are left as they are where they are there already. @default false */
  readonly holdsPorts?: boolean;
}

/** A Service for each slot. Prometheus finds the pods by these: a pod of the slot that serves is behind another one as well. */
export function slotServices(
  name: string,
  { namespace, service, ports, holdsPorts = false }: SlotServicesArgs,
  parent: pulumi.Resource,
): k8s.core.v1.Service[] {
  const labels = { ...serviceSelectorLabels(service), [labelKeys.scrape]: "true" };
  return slotNames.map(
    (slot) =>
      new k8s.core.v1.Service(
        `${name}-${slot}`,
        clusterService(
          { name: slotName(service, slot), namespace, labels },
          { selector: slotSelectorLabels(service, slot), ports },
        ),
        { parent, ...(holdsPorts ? { ignoreChanges: ["spec.ports"] } : {}) },
      ),
  );
}
