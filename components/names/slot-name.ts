/** The two Deployments of a service. One of them serves; the next version is staged in the other. */
export const slotNames = ["blue", "green"] as const;

export type SlotName = (typeof slotNames)[number];

/** One value for each slot. */
export type BySlot<T> = Readonly<Record<SlotName, T>>;

/** The slot that is not `slot`. */
export function otherSlot(slot: SlotName): SlotName {
  return slot === "blue" ? "green" : "blue";
}

/** Computes one value for each slot. */
export function bySlot<T>(value: (slot: SlotName) => T): BySlot<T> {
  return { blue: value("blue"), green: value("green") };
}
