import { LeaseLostError } from "../cluster/errors.ts";
import type { ReleaseRequest } from "../release/opening.ts";
import { runRelease } from "../release/releaser.ts";
import type { SessionOptions } from "../release/session.ts";
import { resultOf } from "../report/json.ts";
import type { Site } from "../target/site.ts";
import type { ReleaseView } from "../view/release-view.ts";
import { conclude, conclusion, recordIn, surroundingsOf } from "./conclude.ts";
import { exitCodeOf, exitCodes, type ExitCode } from "./exit-codes.ts";
import type { RunSignals } from "./run.ts";
import type { ReportOptions } from "./target-options.ts";

export interface Surroundings {
  readonly site: Site;
  readonly view: ReleaseView;
  readonly reports: ReportOptions;
}

/** Releases, tells how it ended, and answers the exit code of that. */
export async function releaseToItsEnd(
  session: SessionOptions,
  request: ReleaseRequest,
  { site, view, reports }: Surroundings,
  signals: RunSignals,
): Promise<ExitCode> {
  let id: string | undefined;
  const onRelease: SessionOptions["onRelease"] = (release) => {
    ({ id } = release);
    session.onRelease?.(release);
  };
  try {
    const end = await runRelease({ ...session, onRelease }, request, signals);
    view.end();
    await conclude(site, end, reports);
    return exitCodeOf(end);
  } catch (error) {
    view.end();
    if (!(error instanceof LeaseLostError) || id === undefined) throw error;
    return await afterwards(id, error, { site, view, reports }, signals.any);
  }
}

/** How long whoever took over may take to end the release, in milliseconds: taking it back takes seconds. */
const endsWithin = 60_000;
const lookEvery = 500;

/** Another releaser took over. Where it ends the release within a while, that is how ours ended too. */
async function afterwards(
  id: string,
  error: LeaseLostError,
  { site, reports }: Surroundings,
  stop: AbortSignal,
): Promise<ExitCode> {
  const { clock, store } = site;
  process.stderr.write(`${error.message}. This process has stopped without acting.\n`);
  const start = clock.monotonic();
  for (;;) {
    const record = recordIn(await store.read(stop), id);
    const code = record === undefined ? null : resultOf(record).exitCode;
    if (record !== undefined && code !== null) {
      await conclusion(record, surroundingsOf(site), reports);
      return Object.values(exitCodes).find((known) => known === code) ?? exitCodes.internal;
    }
    if (clock.monotonic() - start >= endsWithin) throw error;
    await clock.sleep(lookEvery, stop);
  }
}
