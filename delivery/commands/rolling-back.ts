// What `atom abort` and `atom rollback` do. Loaded once their first request is on its way.
import type { ReleaseUnderWay } from "../../components/ledger/release-record.ts";
import { rollbackTarget, stageAtFullCapacity, stageKept } from "../release/kept.ts";
import { rollBackNow, takeBack } from "../release/releaser.ts";
import type { SessionEnd, SessionOptions } from "../release/session.ts";
import type { Site } from "../target/site.ts";
import { identityOf } from "../wiring/identity.ts";
import { startNotifying } from "../wiring/notifying.ts";
import { sessionBack, sessionForward, type ReleasingOptions } from "../wiring/releasing.ts";
import { servingAfterRollback } from "../report/serving.ts";
import { conclude, recordIn } from "./conclude.ts";
import { exitCodeOf, exitCodeOfAbort, exitCodes, type ExitCode } from "./exit-codes.ts";
import { noteUnreadableChange, openView } from "./open-view.ts";
import { releaseToItsEnd } from "./release-to-its-end.ts";
import type { RunSignals } from "./run.ts";
import type { CommonOptions, ReportOptions } from "./target-options.ts";

/** For a last read of the ledger, in milliseconds. */
const readWithin = 10_000;

export interface AbortOptions extends CommonOptions, ReportOptions {
  readonly reason?: string;
  readonly by?: string;
}

export interface RollbackOptions extends AbortOptions {
  readonly to?: string;
  readonly hotfix?: string;
  readonly now?: boolean;
}

/** Rolls the release under way back. */
export function abortRelease(site: Site, options: AbortOptions, signals: RunSignals): Promise<ExitCode> {
  return withSources(site, options, signals, async (sources) => {
    const back = { who: `aborted by ${sources.identity.by}`, withdraws: false };
    return exitCodeOfAbort(await rollBackCurrent(sources, back, options, signals));
  });
}

/** Rolls the release under way back; where there is none, or another target is named, releases a version that the ledger keeps. */
export function rollBackRelease(site: Site, options: RollbackOptions, signals: RunSignals): Promise<ExitCode> {
  const { to, hotfix, reason = "" } = options;
  return withSources(site, options, signals, async (sources) => {
    const { by } = sources.identity;
    const ledger = await site.store.read(signals.any);
    const { current } = ledger;
    const target = rollbackTarget(ledger, to);
    if (current !== null && !isResumable(current, target, options)) {
      sources.view.note(`release ${current.id} (${current.version}) is under way: it is rolled back`);
      const isAllThatIsAsked = target === undefined || target === current.from.template;
      if (!isAllThatIsAsked || options.now !== true) {
        const back = { who: `rolled back by ${by}`, withdraws: true };
        const end = await rollBackCurrent(sources, back, options, signals);
        // Where it was past its soak, it is rolled back like one that is over.
        const isDone = isAllThatIsAsked && end.state.phase !== "released";
        if (isDone || end.end !== "over") return exitCodeOfAbort(end);
      }
    }
    if (options.now === true) return await rollBackAtOnce(sources, options, signals);
    // Which steps a canary has, and what they are judged by, must be understood.
    const plan = await site.plan(signals.any);
    using releasing = await sessionForward({ ...sources, plan, smokeIfPossible: true }, signals.any);
    const session = { ...releasing.options, prepare: stageKept(to) };
    const request = { by, hotfix, rollback: reason };
    return await releaseToItsEnd(session, request, { site, view: sources.view, reports: options }, signals);
  });
}

/** Whether the release under way is this very rollback, that another process left. */
function isResumable({ emergency, template }: ReleaseUnderWay, target: string | undefined, { now }: RollbackOptions) {
  return now === true && emergency === true && (target === undefined || target === template);
}

/** For when what serves is broken: a kept version at full capacity, then all traffic in one patch. */
async function rollBackAtOnce(
  sources: ReleasingOptions,
  options: RollbackOptions,
  signals: RunSignals,
): Promise<ExitCode> {
  const { to, hotfix, reason = "" } = options;
  const { identity, site, view } = sources;
  const session = sessionBack(sources);
  const seen = { isEmergency: false };
  const onRelease: SessionOptions["onRelease"] = (release) => {
    seen.isEmergency = release.emergency === true;
    session.onRelease?.(release);
  };
  const request = { by: identity.by, hotfix, rollback: reason };
  const end = await rollBackNow({ ...session, prepare: stageAtFullCapacity(to), onRelease }, request, signals);
  view.end();
  await conclude(site, end, options);
  await writeWhatServes(site, end.id, options);
  return seen.isEmergency || end.end !== "over" ? exitCodeOf(end) : exitCodes.ok;
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
  const { plan, unread } = await site.openPlan(signals.any);
  if (unread.length > 0)
    view.note(`of the release plan this version of atom does not understand, and ignores: ${unread.join(", ")}`);
  await noteUnreadableChange((line) => {
    view.note(line);
  });
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
): Promise<SessionEnd> {
  const end = await takeBack(sessionBack(sources), `${who}: ${options.reason ?? ""}`, signals, withdraws);
  sources.view.end();
  await conclude(sources.site, end, options);
  await writeWhatServes(sources.site, end.id, options);
  return end;
}

/** The last line of a rollback, on standard error where standard output is for JSON. The rollback is done: a ledger that cannot be read takes the line alone. */
async function writeWhatServes({ store }: Site, id: string, { json }: AbortOptions): Promise<void> {
  const ledger = await store.read(AbortSignal.timeout(readWithin)).catch(() => undefined);
  const record = ledger && recordIn(ledger, id);
  const line = record && servingAfterRollback(record);
  if (line !== undefined) (json === true ? process.stderr : process.stdout).write(`${line}\n`);
}
