import type { Split } from "../release/ports.ts";

/** What both slots had served at an instant, since some origin that is the same for all readings of one answer. */
export interface ServedReading {
  /** Instant, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly candidate: number;
  readonly active: number;
  /** None of the candidate's pods answered, so that its number is that of before, or 0. @default some did */
  readonly candidateUnread?: true;
}

/** Where the requests went, seen from the pods. */
export interface ServedRequests {
  /** The readings from the instant `since` on, the oldest first; none when nothing could be read. */
  servedSince(split: Split, since: number, signal: AbortSignal): Promise<readonly ServedReading[]>;
}
