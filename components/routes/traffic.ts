import { otherSlot, type BySlot, type SlotName } from "../names/slot-name.ts";

/** How the requests of a service are shared out. */
export interface Traffic {
  /** The slot that served before, and serves again after a rollback. */
  readonly active: SlotName;
  /** Share of the other slot, the candidate, in percent: a whole number from 0 to 100. */
  readonly candidateWeight: number;
}

/** The weight of each slot, in percent. Throws a RangeError for a share that is no whole number from 0 to 100. */
export function slotWeights({ active, candidateWeight }: Traffic): BySlot<number> {
  if (!Number.isInteger(candidateWeight) || candidateWeight < 0 || candidateWeight > 100)
    throw new RangeError(`a candidate's weight is a whole number from 0 to 100, not ${candidateWeight}`);
  const weights = { blue: 0, green: 0 };
  weights[active] = 100 - candidateWeight;
  weights[otherSlot(active)] = candidateWeight;
  return weights;
}
