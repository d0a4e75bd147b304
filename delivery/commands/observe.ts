import { recordOfObservation } from "../report/observed.ts";
import type { ReleaseRequest } from "../release/opening.ts";
import { observeRelease } from "../release/observer.ts";
import type { SessionOptions } from "../release/session.ts";
import type { Site } from "../target/site.ts";
import { viewedSubject, type ReleaseView } from "../view/release-view.ts";
import { conclusion, surroundingsOf } from "./conclude.ts";
import { exitCodeOf, type ExitCode } from "./exit-codes.ts";
import type { RunSignals } from "./run.ts";
import type { ReportOptions } from "./target-options.ts";

export interface ObserveOptions {
  readonly site: Site;
  readonly session: SessionOptions;
  readonly request: ReleaseRequest;
  readonly view: ReleaseView;
  readonly reports: ReportOptions;
}

/** Judges what is staged, or under way, and says what a release would have done. */
export async function observe(
  { site, session, request, view, reports }: ObserveOptions,
  signals: RunSignals,
): Promise<ExitCode> {
  const ledger = await site.store.read(signals.any);
  const serving = ledger.releases.find(({ slot, outcome }) => slot === ledger.active && outcome !== "rolled-back");
  const startedAt = new Date(site.clock.now()).toISOString();
  const observation = await observeRelease(session, request, signals, (subject) => {
    view.begin(viewedSubject(subject, site.clock.now(), serving?.version ?? ""));
  });
  view.end();
  const record = recordOfObservation(observation, { by: request.by, startedAt });
  await conclusion(record, surroundingsOf(site), reports);
  return exitCodeOf(observation);
}
