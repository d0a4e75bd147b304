import { cutText } from "../../components/text/cut.ts";
import type { JournalEntry, ReleaseState } from "./state.ts";
import { isAside, type ReleaseEvent } from "./state-machine.ts";

/** What may be noted in one run: something that comes and goes indefinitely must not fill the journal. */
const mostNotes = 30;

/** Admits so many notes to the journal, and counts those that are left out. */
export class NoteLimit {
  #admitted = 0;
  #leftOut = 0;

  admit(): boolean {
    const isAdmitted = this.#admitted < mostNotes;
    if (isAdmitted) this.#admitted += 1;
    else this.#leftOut += 1;
    return isAdmitted;
  }

  /** An event that leads on says how many notes were left out before it. */
  counted(event: ReleaseEvent): ReleaseEvent {
    if (isAside(event) || this.#leftOut === 0) return event;
    const notes = this.#leftOut === 1 ? "1 note" : `${this.#leftOut} notes`;
    return { ...event, detail: `${event.detail} (${notes} before this left out of the journal)` };
  }

  /** The journal has the count by now. */
  forgetLeftOut(): void {
    this.#leftOut = 0;
  }
}

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
