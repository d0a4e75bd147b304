// What `atom abort` and `atom rollback` do. Loaded once their first request is on its way.
import { stageKept } from "../release/kept.ts";
import { takeBack } from "../release/releaser.ts";
import type { Site } from "../target/site.ts";
import { identityOf } from "../wiring/identity.ts";
import { startNotifying } from "../wiring/notifying.ts";
import { sessionBack, sessionForward, type ReleasingOptions } from "../wiring/releasing.ts";
import { servingAfterRollback } from "../report/serving.ts";
import { conclude, recordIn } from "./conclude.ts";
import { exitCodeOf, exitCodes, type ExitCode } from "./exit-codes.ts";
import { openView } from "./open-view.ts";
import { releaseToItsEnd } from "./release-to-its-end.ts";
import type { RunSignals } from "./run.ts";
import type { CommonOptions, ReportOptions } from "./target-options.ts";
import type { ReleaseView } from "../view/release-view.ts";

/** For a last read of the ledger, in milliseconds. */
const readWithin = 10_000;

export interface AbortOptions extends CommonOptions, ReportOptions {
  readonly reason?: string;
  readonly by?: string;
}

export interface RollbackOptions extends AbortOptions {
  readonly to?: string;
  readonly hotfix?: string;
}

/** Rolls the release under way back. */
export function abortRelease(site: Site, options: AbortOptions, signals: RunSignals): Promise<ExitCode> {
  return withSources(site, options, signals, (sources) =>
    rollBackCurrent(sources, { who: `aborted by ${sources.identity.by}`, withdraws: false }, options, signals),
  );
}

/** Rolls the release under way back; where there is none, or another target is named, releases a version that the ledger keeps. */
export function rollBackRelease(site: Site, options: RollbackOptions, signals: RunSignals): Promise<ExitCode> {
  const { to, hotfix, reason = "" } = options;
  return withSources(site, options, signals, async (sources) => {
    const { by } = sources.identity;
    const { current } = await site.store.read(signals.any);
    if (current !== null && (to === undefined || to === current.from.template))
      return await rollBackCurrent(sources, { who: `rolled back by ${by}`, withdraws: true }, options, signals);
    using releasing = await sessionForward({ ...sources, smokeIfPossible: true }, signals.any);
    const session = { ...releasing.options, prepare: stageKept(to) };
    const request = { by, hotfix, rollback: reason };
    return await releaseToItsEnd(session, request, { site, view: sources.view, reports: options }, signals);
  });
}

/** Does a command's work with what both need, and lets go of it afterwards. */
async function withSources(
  site: Site,
  options: AbortOptions,
  signals: RunSignals,
  work: (sources: ReleasingOptions) => Promise<ExitCode>,
): Promise<ExitCode> {
  using view = openView(options.json);
  const identity = identityOf(process.env, options.by);
  const plan = await site.plan(signals.any);
  await noteUnreadableChange(view);
  await using notifying = startNotifying({
    ...{ site, plan, view, variables: process.env, signal: signals.any },
    deferred: true,
  });
  const { notifier: elsewhere } = notifying;
  return await work({ site, plan, identity, view, environment: process.env, elsewhere });
}

async function rollBackCurrent(
  sources: ReleasingOptions,
  { who, withdraws }: { readonly who: string; readonly withdraws: boolean },
  options: AbortOptions,
  signals: RunSignals,
): Promise<ExitCode> {
  const end = await takeBack(sessionBack(sources), `${who}: ${options.reason ?? ""}`, signals, withdraws);
  sources.view.end();
  await conclude(sources.site, end, options);
  await writeWhatServes(sources.site, end.id, options);
  // Done as asked; what was released was rolled back.
  return end.end === "over" ? exitCodes.ok : exitCodeOf(end);
}

/** Neither command needs the variable, so neither is kept from its work by it. */
async function noteUnreadableChange(view: ReleaseView): Promise<void> {
  const { unreadableChange } = await import("../wiring/change.ts");
  const unreadable = unreadableChange(process.env);
  if (unreadable !== undefined) view.note(unreadable);
}

/** The last line of a rollback, on standard error where standard output is for JSON. The rollback is done: a ledger that cannot be read takes the line alone. */
async function writeWhatServes({ store }: Site, id: string, { json }: AbortOptions): Promise<void> {
  const ledger = await store.read(AbortSignal.timeout(readWithin)).catch(() => undefined);
  const record = ledger && recordIn(ledger, id);
  const line = record && servingAfterRollback(record);
  if (line !== undefined) (json === true ? process.stderr : process.stdout).write(`${line}\n`);
}
