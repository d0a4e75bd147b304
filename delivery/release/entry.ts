import { cutText } from "../../components/text/cut.ts";
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
    detail: cutText(event.detail),
    ...(event.evidence === undefined ? {} : { evidence: asJson(event.evidence) }),
  };
}

/** What the ledger gives back must be what was put in, so it is made JSON beforehand. Its texts are as short as the line's. */
function asJson(value: unknown): NonNullable<JournalEntry["evidence"]> {
  const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === "string" ? cutText(part) : part));
  return JSON.parse(text) as NonNullable<JournalEntry["evidence"]>;
}
