import { slotName } from "../names/names.ts";
import { slotNames, type SlotName } from "../names/slot-name.ts";

/** Where a route sends requests, as far as it tells a slot. */
export interface RouteDestination {
  readonly host?: string | undefined;
  readonly subset?: string | undefined;
  readonly port?: { readonly number?: number | undefined } | undefined;
}

/** A destination that is a slot's own Service. */
export function slotDestination(
  service: string,
  slot: SlotName,
  port: number,
): { host: string; port: { number: number } } {
  return { host: slotName(service, slot), port: { number: port } };
}

/** A destination that is a slot as it was declared before each slot had a Service: see {@link isSubsetDestination}. */
export function subsetDestination(
  service: string,
  slot: SlotName,
  port: number,
): { host: string; subset: SlotName; port: { number: number } } {
  return { host: service, subset: slot, port: { number: port } };
}

/** Whether a destination is a slot as it was declared before each slot had a Service: by a subset of the one over both. */
export function isSubsetDestination(service: string, { host = "", subset }: RouteDestination = {}): boolean {
  return shortName(host) === service && slotNames.some((slot) => slot === subset);
}

/** The slot that a destination leads to; `undefined` for one that leads elsewhere. */
export function slotOfDestination(service: string, destination: RouteDestination = {}): SlotName | undefined {
  const { host = "", subset } = destination;
  if (isSubsetDestination(service, destination)) return slotNames.find((slot) => slot === subset);
  return subset === undefined ? slotNames.find((slot) => slotName(service, slot) === shortName(host)) : undefined;
}

/** Hosts may be written out: `atom-blue.atom-staging.svc.cluster.local`. */
function shortName(host: string): string {
  return host.split(".")[0] ?? "";
}
