import type { Output } from "@pulumi/pulumi";
import type { Dashboards } from "../components/dashboards/dashboards.ts";
import type { SlotName } from "../components/names/slot-name.ts";
import { slotName } from "../components/names/names.ts";
import { bySlot, type BySlot } from "../components/names/slot-name.ts";
import type { Environment } from "../stacks/environment.ts";
import type { StackConfig } from "./config/schema.ts";

/** What is known of a service once it is declared. */
export interface ServiceOutputs {
  /** Name of each slot's Deployment. */
  readonly slots: BySlot<string>;
  /** The slot that serves. */
  readonly active: SlotName;
  /** The image that counts: the configured one, or what stands in for it. */
  readonly image: string;
  /** Digest of the pod template that the configuration asks for. */
  readonly desired: string;
  /** The version that waits for its release; null where there is none. */
  readonly staged: { readonly slot: SlotName; readonly digest: string } | null;
  /** Hosts that requests ask for; none without a gateway. */
  readonly hosts: readonly string[];
}

/** Outputs of a stack. */
export interface Outputs extends Record<string, unknown> {
  readonly namespace: Output<string>;
  readonly services: Readonly<Record<string, ServiceOutputs>>;
  /** Address of each dashboard, by name; left out where there are none. */
  readonly dashboards?: Dashboards["urls"];
  /** Slack's id of each channel, by what it is for; left out where there are none. */
  readonly channels?: Readonly<Record<string, Output<string>>>;
  /** What `pulumi up` did not do, or did for a later release, and why. */
  readonly notes: readonly string[];
}

/**
 * Says what a stack has become.
 *
 * @param notes beyond those of the services
 */
export function outputsOf(
  { namespace, plans, dashboards, channels }: Environment,
  { services }: StackConfig,
  notes: readonly string[] = [],
): Outputs {
  return {
    namespace,
    services: Object.fromEntries(
      Object.entries(plans).map(([name, plan]): [string, ServiceOutputs] => {
        const routes = services[name]?.routes;
        return [
          name,
          {
            slots: bySlot((slot) => slotName(name, slot)),
            active: plan.active,
            image: plan.image,
            desired: plan.desired.digest,
            staged: plan.staged ?? null,
            hosts: routes?.router === "istio" ? routes.hosts : [],
          },
        ];
      }),
    ),
    ...(dashboards === undefined ? {} : { dashboards: dashboards.urls }),
    ...(channels === undefined ? {} : { channels }),
    notes: [...Object.values(plans).flatMap((plan) => plan.notes), ...notes],
  };
}
