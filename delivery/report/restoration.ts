// How long users were without the version that serves them well: the one figure for it, in every report, message and metric.
import type { JournalEntry } from "../../components/ledger/release-record.ts";
import { seconds, secondsBetween } from "./figures.ts";

type Line = Pick<JournalEntry, "seq" | "at" | "phase" | "percent" | "event">;

/** What became of the traffic of a release that was rolled back. */
export type Restoration =
  /** Seconds from the verdict until all traffic was seen on the version before. */
  | { readonly result: "verified"; readonly seconds: number }
  /** It was asked for, and not seen: there was no traffic to see it by, or the candidate still got some. */
  | { readonly result: "not-verified" }
  | { readonly result: "not-verified-yet" };

/** Lines that end the verification of a rollback. */
export const verificationEnds: readonly string[] = ["return-confirmed", "return-unconfirmed", "return-contradicted"];

/** By a release's journal; `undefined` where no traffic was to be brought back, or where that is no longer on record. */
export function restorationOf(journal: readonly Line[]): Restoration | undefined {
  const index = journal.findIndex(({ phase }) => phase === "returning");
  const verdict = journal[index];
  if (verdict === undefined || !hadTraffic(journal.slice(0, index), journal[0])) return undefined;
  const end = journal.slice(index + 1).find(({ event }) => verificationEnds.includes(event));
  if (end === undefined) return { result: "not-verified-yet" };
  if (end.event !== "return-confirmed") return { result: "not-verified" };
  // A clock that was set back meanwhile must not make it negative.
  return { result: "verified", seconds: Math.max(0, secondsBetween(verdict.at, end.at)) };
}

/** Whether users may have reached the candidate; where the beginning is no longer on record they may. */
export function hadTraffic(before: readonly Line[], first: Line | undefined): boolean {
  return first?.seq !== 1 || before.some(({ percent }) => percent > 0);
}

/** `restored in 2.53 s`, or that it was not verified. */
export function restorationText(restoration: Restoration): string {
  switch (restoration.result) {
    case "verified":
      return `restored in ${seconds(restoration.seconds)}`;
    case "not-verified":
      return "rollback not verified";
    case "not-verified-yet":
      return "rollback not verified yet";
  }
}
