import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labelKeys, serviceSelectorLabels, slotSelectorLabels } from "../names/labels.ts";
import { slotName } from "../names/names.ts";
import { slotNames } from "../names/slot-name.ts";
import { clusterService } from "./cluster-service.ts";

export interface SlotServicesArgs {
  readonly namespace: pulumi.Input<string>;
  readonly service: string;
  /** Port of the Services. */
  readonly port: number;
}

/** A Service for each slot. Prometheus finds the pods by these: a pod of the slot that serves is behind another one as well. */
export function slotServices(
  name: string,
  { namespace, service, port }: SlotServicesArgs,
  parent: pulumi.Resource,
): k8s.core.v1.Service[] {
  const labels = { ...serviceSelectorLabels(service), [labelKeys.scrape]: "true" };
  return slotNames.map(
    (slot) =>
      new k8s.core.v1.Service(
        `${name}-${slot}`,
        clusterService(
          { name: slotName(service, slot), namespace, labels },
          { selector: slotSelectorLabels(service, slot), port },
        ),
        { parent },
      ),
  );
}
