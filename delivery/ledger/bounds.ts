import { compactJson } from "../../components/json/json.ts";
import { formatLedger, type Ledger } from "../../components/ledger/ledger.ts";
import {
  hasServed,
  type JournalEntry,
  type PastRelease,
  type PersonsRequest,
  type ReleaseUnderWay,
} from "../../components/ledger/release-record.ts";
import { isUnread } from "../../components/ledger/open.ts";
import { cutText } from "../../components/text/cut.ts";

/** A ConfigMap may hold 1 MiB; but every transition writes the ledger whole, so it stays well below. In bytes. */
export const largestLedger = 512 * 1024;
/** What fits a ConfigMap in any case, in bytes: better a large ledger than a release that is not recorded. */
const largestPossible = 1_000_000;

/** @param excess bytes that the ledger is too long by */
type Shrink = (ledger: Ledger, excess: number) => Ledger;

/** Until it fits, and no further: what people miss least goes first; what the rollback of a release under way needs stays. */
const shrinks: readonly Shrink[] = [
  past((release, age) => (age < 3 ? release : withoutEvidence(release))),
  past((release) => withoutEvidence(release)),
  past((release, age) => (age < 20 ? release : { ...release, journal: release.journal.slice(-1) })),
  past((release, age) => (age < 5 ? release : withoutPlan(withoutTemplate(release)))),
  (ledger) => ({ ...ledger, releases: ledger.releases.slice(0, 50) }),
  (ledger) => ({ ...ledger, releases: ledger.releases.slice(0, 10) }),
  past((release, age) => (age < 1 ? release : barest(release))),
  withoutOutbox,
  past(barest),
  underWay(oldestFirst(({ detail }) => shortest(detail))),
  underWay(oldestFirst(({ detail }) => shortest(detail), bare)),
  (ledger) => ({ ...ledger, releases: ledger.releases.map(withShortTexts), quarantine: ledger.quarantine.slice(-500) }),
  withoutLifted,
  underWay((current) => ({ ...current, requests: current.requests.slice(-5).map(withShortReason) })),
  underWay((current) => ({ ...current, journal: current.journal.slice(-5), state: withShortCause(current.state) })),
  // To be gone back to it would have to be staged anew; the plan that the environment publishes stands in for its own.
  underWay((current) => ({ ...current, podTemplate: null })),
  underWay((current) => ({ ...current, plan: null })),
  (ledger) => ({ ...ledger, releases: ledger.releases.slice(0, 1) }),
  (ledger) => ({ ...ledger, releases: [] }),
];

/** The ledger will not fit its ConfigMap, whatever is dropped. */
export class LedgerTooLargeError extends Error {
  override readonly name = "LedgerTooLargeError";

  constructor(bytes: number, limit: number) {
    super(
      `The ledger would have ${bytes} bytes, and ${limit} fit, whatever is dropped from it. Nothing was written.\n` +
        "Look for what is large in it: kubectl get configmap SERVICE-ledger -o yaml.",
    );
  }
}

/** The ledger as text that fits its ConfigMap, made smaller where it has to be. Throws a {@link LedgerTooLargeError}. */
export function boundedText(
  ledger: Ledger,
  limit = largestLedger,
  possible = largestPossible,
): { readonly ledger: Ledger; readonly text: string } {
  let bounded = ledger;
  let text = formatLedger(bounded);
  for (const shrink of shrinks) {
    const excess = Buffer.byteLength(text) - limit;
    if (excess <= 0) return { ledger: bounded, text };
    bounded = shrink(bounded, excess);
    text = formatLedger(bounded);
  }
  if (Buffer.byteLength(text) <= Math.max(limit, possible)) return { ledger: bounded, text };
  throw new LedgerTooLargeError(Buffer.byteLength(text), possible);
}

/**
 * Only the newest that served can be gone back to; the others' plans are kept, for they explain what was judged.
 *
 * @param keep releases whose template is kept
 */
export function forgetOld(releases: readonly PastRelease[], keep: number): PastRelease[] {
  let kept = 0;
  return releases.map((release) => {
    const served = hasServed(release);
    if (served && release.podTemplate !== undefined) kept += 1;
    // Whether one with an outcome of a newer version served, that version knows.
    return (served && kept <= keep) || isUnread(release, "outcome") ? release : withoutTemplate(release);
  });
}

function past(change: (release: PastRelease, age: number) => PastRelease): Shrink {
  return (ledger) => ({ ...ledger, releases: ledger.releases.map(change) });
}

function underWay(change: (current: ReleaseUnderWay, excess: number) => ReleaseUnderWay): Shrink {
  return (ledger, excess) =>
    ledger.current === null ? ledger : { ...ledger, current: change(ledger.current, excess) };
}

/** Makes the lines of a journal smaller, from the oldest on, until enough is saved. */
function oldestFirst(
  detailOf: (entry: JournalEntry) => string,
  change: (entry: JournalEntry) => JournalEntry = (entry) => entry,
): (current: ReleaseUnderWay, excess: number) => ReleaseUnderWay {
  return (current, excess) => {
    let saved = 0;
    const journal = current.journal.map((entry) => {
      if (saved >= excess) return entry;
      const smaller = { ...change(entry), detail: detailOf(entry) };
      saved += sizeOf(entry) - sizeOf(smaller);
      return smaller;
    });
    return { ...current, journal };
  };
}

/** What is left of a text that has to make room, in bytes. */
const shortText = 160;

function shortest(text: string): string {
  return cutText(text, shortText);
}

function withShortCause(state: ReleaseUnderWay["state"]): ReleaseUnderWay["state"] {
  return state.cause === undefined
    ? state
    : { ...state, cause: { ...state.cause, detail: shortest(state.cause.detail) } };
}

function withShortTexts(release: PastRelease): PastRelease {
  const journal = release.journal.map((entry) => ({ ...entry, detail: shortest(entry.detail) }));
  return { ...release, journal, state: withShortCause(release.state) };
}

function withShortReason(request: PersonsRequest): PersonsRequest {
  return "reason" in request ? { ...request, reason: shortest(request.reason) } : request;
}

function withoutLifted(ledger: Ledger): Ledger {
  const rest = { ...ledger };
  delete rest.lifted;
  return rest;
}

function withoutOutbox(ledger: Ledger): Ledger {
  const rest = { ...ledger };
  delete rest.outbox;
  return rest;
}

function withoutEvidence(release: PastRelease): PastRelease {
  return { ...release, journal: release.journal.map(bare) };
}

function withoutTemplate(release: PastRelease): PastRelease {
  const rest = { ...release };
  delete rest.podTemplate;
  return rest;
}

function withoutPlan(release: PastRelease): PastRelease {
  const rest = { ...release };
  delete rest.plan;
  return rest;
}

function barest(release: PastRelease): PastRelease {
  return withoutPlan(withoutTemplate({ ...release, journal: release.journal.slice(-1) }));
}

function bare(entry: JournalEntry): JournalEntry {
  const rest = { ...entry };
  delete rest.evidence;
  return rest;
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(compactJson(value));
}
