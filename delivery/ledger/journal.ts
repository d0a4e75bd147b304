import type { QueryTotals } from "../../components/ledger/counts.ts";
import type { Ledger } from "../../components/ledger/ledger.ts";
import { isUnread } from "../../components/ledger/open.ts";
import type { HeldMinimum, PastRelease, ReleaseUnderWay } from "../../components/ledger/release-record.ts";
import { withRelease } from "../metrics/count.ts";
import { withMessages } from "../notify/wanted.ts";
import type { Candidate, Journal } from "../release/ports.ts";
import type { JournalEntry, ReleaseState } from "../release/state.ts";
import { isFinal } from "../release/state-machine.ts";
import { forgetOld } from "./bounds.ts";
import { withWithdrawals } from "./withdrawn.ts";
import type { LedgerStore } from "./store.ts";

/** The most that a line's evidence may take in the ledger, in bytes of JSON. */
export const largestEvidence = 24 * 1024;

export interface LedgerJournalOptions {
  readonly store: LedgerStore;
  readonly fence: number;
  /** The release under way. */
  readonly id: string;
  /** Releases that can be gone back to. */
  readonly keep: number;
  /** What the release's releasers asked of Prometheus by now. @default nothing */
  readonly queries?: (() => QueryTotals) | undefined;
}

/** The journal of the release under way, in the ledger. */
export class LedgerJournal implements Journal {
  readonly #options: LedgerJournalOptions;

  constructor(options: LedgerJournalOptions) {
    this.#options = options;
  }

  async append(entries: readonly JournalEntry[], state: ReleaseState, signal: AbortSignal): Promise<void> {
    const { store, fence, id, keep, queries } = this.#options;
    const counted = queries === undefined ? {} : { queries: queries() };
    await store.update((ledger) => appended(ledger, id, entries, state, { keep, ...counted }), { signal, fence });
  }

  /** What the release has raised and not given back, and what it was before. */
  async hold(minima: readonly HeldMinimum[], signal: AbortSignal): Promise<void> {
    const { store, fence, id } = this.#options;
    await store.update(
      (ledger) => {
        const { current } = ledger;
        if (current?.id !== id) throw isOfAnother(ledger, id);
        const release: ReleaseUnderWay = { ...current, minima: [...minima] };
        if (minima.length === 0) delete release.minima;
        return { ...ledger, current: release };
      },
      { signal, fence },
    );
  }

  async quarantine({ template }: Candidate, reason: string, signal: AbortSignal): Promise<void> {
    const { store, fence, id } = this.#options;
    await store.update(
      (ledger) => {
        if (ledger.quarantine.some((entry) => entry.template === template)) return undefined;
        const at = ledger.current?.journal.at(-1)?.at ?? new Date(0).toISOString();
        return { ...ledger, quarantine: [...ledger.quarantine, { template, reason, at, release: id }] };
      },
      { signal, fence },
    );
  }
}

/**
 * The ledger with these lines and the state that they lead to; a final state ends the release in the same write. Lines that are there
 * already are replaced: an earlier try may have got through unanswered.
 */
export function appended(
  ledger: Ledger,
  id: string,
  entries: readonly JournalEntry[],
  state: ReleaseState,
  { keep, ...counted }: { readonly keep: number; readonly queries?: QueryTotals },
): Ledger | undefined {
  const { current } = ledger;
  const last = entries.at(-1);
  if (last === undefined) return undefined;
  if (current?.id !== id) {
    if (ledger.releases[0]?.id === id && isFinal(state.phase)) return undefined;
    throw isOfAnother(ledger, id);
  }
  const first = entries[0]?.seq ?? 1;
  const journal = [...current.journal.filter(({ seq }) => seq < first), ...entries.map(bounded)];
  const release: ReleaseUnderWay = { ...current, ...counted, state, journal };
  const next = isFinal(state.phase) ? concluded(ledger, release, last.at, keep) : { ...ledger, current: release };
  return withMessages(ledger, next);
}

function isOfAnother({ current }: Ledger, id: string): Error {
  return new Error(`the ledger's release under way is ${current?.id ?? "none"} and not ${id}`);
}

function concluded(ledger: Ledger, release: ReleaseUnderWay, endedAt: string, keep: number): Ledger {
  const { phase } = release.state;
  if (!isFinal(phase)) throw new Error(`a release that is ${phase} is not over`);
  const past: PastRelease = { ...release, endedAt, outcome: phase };
  return {
    ...withWithdrawals(ledger, past),
    active: phase === "released" ? release.slot : ledger.active,
    current: null,
    // Totals that only a newer version can read go on with it; counting from 0 beside them would make them fall.
    ...(isUnread(ledger, "totals") ? {} : { totals: withRelease(ledger.totals, past) }),
    releases: forgetOld([past, ...ledger.releases], keep),
  };
}

/** Evidence that is too large loses its largest parts, by name; what verdicts were made of is small and stays. */
function bounded(entry: JournalEntry): JournalEntry {
  if (entry.evidence === undefined) return entry;
  let evidence = entry.evidence;
  const omitted: string[] = [];
  while (sizeOf(evidence) > largestEvidence) {
    const largest = largestPart(evidence);
    if (largest.length === 0) return { ...entry, evidence: { omitted: ["everything"] } };
    omitted.push(largest.join("."));
    evidence = without(evidence, largest);
  }
  if (omitted.length === 0) return entry;
  return { ...entry, evidence: { ...(evidence as object), omitted } };
}

type Json = Exclude<JournalEntry["evidence"], undefined>;

/** Where the largest list or value is, by the names of the objects around it. */
function largestPart(value: Json): readonly string[] {
  const [largest] = partsOf(value).toSorted(([, left], [, right]) => sizeOf(right) - sizeOf(left));
  return largest === undefined ? [] : [largest[0], ...largestPart(largest[1])];
}

function without(value: Json, [name = "", ...rest]: readonly string[]): Json {
  const kept = partsOf(value).filter(([each]) => each !== name || rest.length > 0);
  return Object.fromEntries(kept.map(([each, part]) => [each, each === name ? without(part, rest) : part]));
}

function partsOf(value: Json): [string, Json][] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
