import type { JournalEntry, ReleaseState } from "./state.ts";
import type { ReleaseEvent } from "./state-machine.ts";

/** The journal's line for an event and the state that it leads to. */
export function entryOf(seq: number, at: number, event: ReleaseEvent, next: ReleaseState): JournalEntry {
  return {
    seq,
    at: new Date(at).toISOString(),
    phase: next.phase,
    step: next.step,
    percent: next.percent,
    event: event.type,
    detail: event.detail,
    ...(event.evidence === undefined ? {} : { evidence: asJson(event.evidence) }),
  };
}

/** What the ledger gives back must be what was put in, so it is made JSON beforehand. */
function asJson(value: unknown): NonNullable<JournalEntry["evidence"]> {
  return JSON.parse(JSON.stringify(value)) as NonNullable<JournalEntry["evidence"]>;
}
