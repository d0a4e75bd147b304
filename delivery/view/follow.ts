import type { Ledger } from "../../components/ledger/ledger.ts";
import type {
  JournalEntry,
  PastRelease,
  ReleaseState,
  ReleaseUnderWay,
} from "../../components/ledger/release-record.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { isForward } from "../release/state-machine.ts";
import { viewedRecord, type ReleaseView } from "./release-view.ts";

/**
 * Shows a release that another process runs, as one's own: the one under way, or the next one that begins. Resolves with its record when
 * it is over, and with `undefined` when the source ends before.
 *
 * @param source the ledger, read again and again
 * @param published the plan that is used where the release's own cannot be read
 */
export async function follow(
  source: AsyncIterable<Ledger>,
  view: ReleaseView,
  published: ReleasePlan,
): Promise<PastRelease | undefined> {
  let followed: string | undefined;
  let seen = 0;
  /** The newest of the releases that were over before. */
  let before: string | null | undefined;
  for await (const { current, releases } of source) {
    if (before === undefined) before = releases[0]?.id ?? null;
    followed ??= current?.id ?? (releases[0]?.id === before ? undefined : releases[0]?.id);
    const past = releases.find(({ id }) => id === followed);
    const record = current?.id === followed ? current : past;
    if (followed === undefined || record === undefined || record === null) continue;
    if (seen === 0) {
      // What has happened is shown where it is; from one line only, as by the process that opened it, a log can tell it all.
      const known = current === null ? record.journal.slice(0, 1) : record.journal;
      view.begin({ ...viewedRecord(record, published), state: stateAt(known.at(-1), record), journal: known });
      seen = known.at(-1)?.seq ?? 0;
    }
    for (const entry of record.journal.filter(({ seq }) => seq > seen)) {
      view.notify(entry, stateAt(entry, record));
      seen = entry.seq;
    }
    if (past !== undefined && record === past) return past;
  }
  return undefined;
}

/** What the release was when a line was written, as far as the line tells. */
function stateAt(entry: JournalEntry | undefined, { state }: PastRelease | ReleaseUnderWay): ReleaseState {
  if (entry === undefined) return state;
  const { phase, step, percent } = entry;
  const then = { ...state, phase, step, percent };
  // Forward, nothing has gone wrong yet.
  if (isForward(phase)) delete then.cause;
  return then;
}
