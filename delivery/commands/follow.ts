import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { isFinal } from "../release/state-machine.ts";
import { ledgersOf } from "../target/ledgers.ts";
import type { Site } from "../target/site.ts";
import { recordIn } from "./conclude.ts";
import { viewedRecord, type ReleaseView } from "../view/release-view.ts";

export interface Following {
  readonly site: Site;
  readonly view: ReleaseView;
  readonly plan: ReleasePlan;
}

/** Follows the release under way in the ledger to its end, wherever it runs. Resolves with its id; `undefined` when the signal came first. */
export async function follow({ site, view, plan }: Following, signal: AbortSignal): Promise<string | undefined> {
  let id: string | undefined;
  let seen = 0;
  const trouble = (detail: string): void => {
    view.trouble(detail);
  };
  for await (const ledger of ledgersOf(site, trouble, signal)) {
    const record = id === undefined ? ledger.current : recordIn(ledger, id);
    if (record === null || record === undefined) continue;
    if (id === undefined) {
      view.begin(viewedRecord(record, plan));
      seen = record.journal.at(-1)?.seq ?? 0;
    }
    id = record.id;
    for (const entry of record.journal.filter(({ seq }) => seq > seen)) {
      seen = entry.seq;
      view.notify(entry, record.state);
    }
    if (isFinal(record.state.phase)) return id;
  }
  return id;
}
