import { serviceSelectorLabels, slotSelectorLabels } from "../names/labels.ts";
import { slotNames, type BySlot } from "../names/slot-name.ts";

/**
 * The selector of a service's Service with the replica router: one slot where it has all of the traffic, else both, and then the
 * number of their replicas shares out the requests.
 */
export function serviceSelector(service: string, weights: BySlot<number>): Record<string, string> {
  const only = slotNames.find((slot) => weights[slot] === 100);
  return only === undefined ? serviceSelectorLabels(service) : slotSelectorLabels(service, only);
}
