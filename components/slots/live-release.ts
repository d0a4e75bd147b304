import type { BySlot, SlotName } from "../names/slot-name.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { ServicePort } from "../routes/cluster-service.ts";
import type { LiveHttp } from "../routes/plan.ts";
import type { PodTemplate } from "../workload/pod-template.ts";

/** What `pulumi up` noted on a slot's Deployment, so that the next run knows what this one did. */
export interface SlotMarks {
  /**
   * Counts how often `up` set what the slot runs. The engine compares what is declared with its own state, so a slot that was changed
   * outside Pulumi is brought back only where something that is declared differs from that state: this number.
   */
  readonly applied?: number | undefined;
  /** What the stack's file said about the replicas when they were set last: their number, or `autoscaled`. */
  readonly replicas?: string | undefined;
}

/** A slot as it runs in the cluster. */
export interface LiveSlot {
  /** The digest that its pod template carries; `undefined` where somebody took the label away. */
  readonly digest: string | undefined;
  /** Replicas that are asked for. */
  readonly replicas: number;
  /** Whether its rollout is complete: all of its replicas are of its template and ready, and no other pod is left. */
  readonly settled: boolean;
  readonly marks: SlotMarks;
  /** Its pod template, as the API server holds it. */
  readonly template: PodTemplate;
}

/** What a service's releases have made of the cluster, read before anything is declared. */
export interface LiveRelease {
  readonly ledger: Ledger;
  readonly slots: BySlot<LiveSlot | undefined>;
  /** Share of the requests that each slot gets, in percent, as the route says. */
  readonly weights: BySlot<number>;
  /** The routes, where there is a mesh. */
  readonly routes?: LiveHttp | undefined;
  /** A slot whose own Service was deleted. Environments of an earlier version have none for either. @default there is none */
  readonly withoutService?: SlotName | undefined;
  /** Of the Service of the service's own name; those of the slots have the same. @default not known */
  readonly ports?: readonly ServicePort[] | undefined;
}

/** All traffic to one slot. */
export function allTo(slot: SlotName): BySlot<number> {
  return { blue: slot === "blue" ? 100 : 0, green: slot === "green" ? 100 : 0 };
}

/** A number that the engine's state does not have, so that what is declared of an object is applied. */
export function nextApplied(applied: number | undefined): number {
  return (applied ?? 0) + 1;
}
