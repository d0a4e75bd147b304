import type { GuardSnapshot, SlotSnapshot } from "../../../delivery/release/ports.ts";

/** A slot of two pods that answer and have served nothing. */
export function slotSnapshot(changes: Partial<SlotSnapshot> = {}): SlotSnapshot {
  return {
    ...{ requests: 0, errors: 0, slow: 0, slowKnown: true },
    ...{ read: 2, pods: 2, ready: 2, restarts: 0, silentMs: 0, down: [], signals: [] },
    ...changes,
  };
}

/** A reading of the guard at the instant 0. */
export function guardSnapshot(changes: Partial<GuardSnapshot> = {}): GuardSnapshot {
  return { at: 0, podsAt: 0, candidate: slotSnapshot(), active: slotSnapshot(), problems: [], ...changes };
}
