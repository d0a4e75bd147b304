import type { ReleaseRequest } from "../release/opening.ts";
import { otherSlot } from "../../components/names/slot-name.ts";
import { isSameRelease, ReleaseRefusedError } from "../release/opening.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { followJob } from "../in-cluster/follow-job.ts";
import { startReleaser } from "../in-cluster/start.ts";
import type { Site } from "../target/site.ts";
import type { ReleaseView } from "../view/release-view.ts";
import { ledgersOf } from "../target/ledgers.ts";
import { follow } from "../view/follow.ts";
import { conclusion, surroundingsOf } from "./conclude.ts";
import { exitCodes, type ExitCode } from "./exit-codes.ts";
import { startNotifying } from "../wiring/notifying.ts";
import { pushAfterwards } from "./push-metrics.ts";
import type { RunSignals } from "./run.ts";
import type { ReportOptions } from "./target-options.ts";

/** How long the ledger may be behind the Job, in milliseconds. */
const lastLook = 3_000;

export interface InClusterOptions {
  readonly site: Site;
  readonly view: ReleaseView;
  readonly reports: ReportOptions;
  readonly request: ReleaseRequest;
  /** Brings the environment up, and resolves with the plan and the template's digest that it published. @default it is staged already */
  readonly prepare: (() => Promise<{ readonly plan: ReleasePlan; readonly staged?: string | undefined }>) | undefined;
  /** The Job's image. @default the plan's */
  readonly image?: string | undefined;
}

/**
 * Has a Job release, and follows it. Ctrl-C ends the following alone: the release goes on, which is what it is for.
 */
export async function releaseInCluster(
  { site, view, reports, request, prepare, image }: InClusterOptions,
  { any }: RunSignals,
): Promise<ExitCode> {
  const { cluster, clock } = site;
  const { current, active } = await site.store.read(any);
  if (current !== null && !isSameRelease(current, request) && request.supersede === undefined)
    throw new ReleaseRefusedError(
      "different_release",
      `Release ${current.id} of ${current.version} is under way (${current.state.phase}).\nFollow it: atom status --watch.`,
    );
  const prepared = current === null ? await prepare?.() : undefined;
  const plan = prepared?.plan ?? (await site.plan(any));
  // The Job may not have been told what this process knows: whoever can sends.
  await using elsewhere = new AsyncDisposableStack();
  elsewhere.use(startNotifying({ site, plan, view, variables: process.env, signal: any }));
  const job = await startReleaser({
    ...{ cluster, plan, request: { ...request, staged: prepared?.staged }, image, signal: any },
    candidate: current?.slot ?? otherSlot(active),
  });
  view.note(
    `the Job ${job.name} releases; this process follows it, and may be ended (atom abort takes the release back)`,
  );
  const over = new AbortController();
  const trouble = (detail: string): void => {
    view.trouble(detail);
  };
  const ledgers = ledgersOf(site, trouble, AbortSignal.any([any, over.signal]));
  const following = follow(ledgers, view, plan).catch(() => undefined);
  try {
    const end = await followJob({
      cluster,
      clock,
      job,
      say: (line) => {
        view.note(line);
      },
      signal: any,
    });
    // The Job's end is seen a moment before or after the release's.
    const record = await Promise.race([following, clock.sleep(lastLook, any).then(() => undefined)]);
    over.abort();
    view.end();
    for (const line of record === undefined ? end.log : []) process.stderr.write(`${job.name}: ${line}\n`);
    if (record !== undefined) {
      await conclusion(record, surroundingsOf(site), reports);
      await pushAfterwards(site, site.store.read(any));
    } else if (end.detail !== undefined) process.stderr.write(`${end.detail}\n`);
    return Object.values(exitCodes).find((code) => code === end.exitCode) ?? exitCodes.internal;
  } finally {
    over.abort();
  }
}
