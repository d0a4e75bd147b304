import type { BySlot, SlotName } from "../names/slot-name.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PodTemplate } from "../workload/pod-template.ts";

/** A slot as it runs in the cluster. */
export interface LiveSlot {
  /** The digest that its pod template carries; `undefined` where somebody took the label away. */
  readonly digest: string | undefined;
  /** Replicas that are asked for. */
  readonly replicas: number;
  /** Its pod template, as the API server holds it. */
  readonly template: PodTemplate;
}

/** What a service's releases have made of the cluster, read before anything is declared. */
export interface LiveRelease {
  readonly ledger: Ledger;
  readonly slots: BySlot<LiveSlot | undefined>;
  /** Share of the requests that each slot gets, in percent, as the route says. */
  readonly weights: BySlot<number>;
}

/** All traffic to one slot. */
export function allTo(slot: SlotName): BySlot<number> {
  return { blue: slot === "blue" ? 100 : 0, green: slot === "green" ? 100 : 0 };
}
