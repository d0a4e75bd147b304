import type { ReleaseRequest } from "../release/opening.ts";
import { observeRelease } from "../release/observer.ts";
import type { SessionOptions } from "../release/session.ts";
import type { Site } from "../target/site.ts";
import { viewedSubject, type ReleaseView } from "../view/release-view.ts";
import { exitCodeOf, type ExitCode } from "./exit-codes.ts";
import type { RunSignals } from "./run.ts";

export interface ObserveOptions {
  readonly site: Site;
  readonly session: SessionOptions;
  readonly request: ReleaseRequest;
  readonly view: ReleaseView;
  readonly json: boolean | undefined;
}

/** Judges what is staged, or under way, and says what a release would have done. */
export async function observe(
  { site, session, request, view, json }: ObserveOptions,
  signals: RunSignals,
): Promise<ExitCode> {
  const ledger = await site.store.read(signals.any);
  const serving = ledger.releases.find(({ slot, outcome }) => slot === ledger.active && outcome !== "rolled-back");
  const observation = await observeRelease(session, request, signals, (subject) => {
    view.begin(viewedSubject(subject, site.clock.now(), serving?.version ?? ""));
  });
  view.end();
  const { subject, state, journal } = observation;
  if (json === true)
    process.stdout.write(`${JSON.stringify({ observed: subject.candidate, would: state.phase, state, journal })}\n`);
  else
    process.stdout.write(
      `Observed ${subject.candidate.version} (${subject.candidate.template}): a release would have ended ${state.phase}` +
        `${state.cause === undefined ? "" : `, because of ${state.cause.reason}: ${state.cause.detail}`}. Nothing was moved.\n`,
    );
  return exitCodeOf(observation);
}
