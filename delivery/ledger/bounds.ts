import { formatLedger, type Ledger } from "../../components/ledger/ledger.ts";
import type { JournalEntry, PastRelease } from "../../components/ledger/release-record.ts";

/** A ConfigMap may hold 1 MiB; but every transition writes the ledger whole, so it stays well below. In bytes. */
export const largestLedger = 512 * 1024;

type Shrink = (ledger: Ledger) => Ledger;

/** Until it fits, and no further: what people miss least goes first, what a release under way needs stays. */
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
  ({ current, ...ledger }) => ({
    ...ledger,
    current: current === null ? null : { ...current, journal: current.journal.map(bare) },
  }),
];

/** The ledger will not fit its ConfigMap, whatever is dropped. */
export class LedgerTooLargeError extends Error {
  override readonly name = "LedgerTooLargeError";

  constructor(bytes: number, limit: number) {
    super(`The ledger would have ${bytes} bytes, and ${limit} fit.`);
  }
}

/** The ledger as text that fits its ConfigMap, made smaller where it has to be. Throws a {@link LedgerTooLargeError}. */
export function boundedText(ledger: Ledger, limit = largestLedger): { readonly ledger: Ledger; readonly text: string } {
  let bounded = ledger;
  let text = formatLedger(bounded);
  for (const shrink of shrinks) {
    if (Buffer.byteLength(text) <= limit) return { ledger: bounded, text };
    bounded = shrink(bounded);
    text = formatLedger(bounded);
  }
  if (Buffer.byteLength(text) <= limit) return { ledger: bounded, text };
  throw new LedgerTooLargeError(Buffer.byteLength(text), limit);
}

/**
 * Only the newest that served can be gone back to; the others' plans are kept, for they explain what was judged.
 *
 * @param keep releases whose template is kept
 */
export function forgetOld(releases: readonly PastRelease[], keep: number): PastRelease[] {
  let kept = 0;
  return releases.map((release) => {
    const served = release.outcome === "released" || release.outcome === "baseline";
    if (served && release.podTemplate !== undefined) kept += 1;
    return served && kept <= keep ? release : withoutTemplate(release);
  });
}

function past(change: (release: PastRelease, age: number) => PastRelease): Shrink {
  return (ledger) => ({ ...ledger, releases: ledger.releases.map(change) });
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
