import type { ClusterApi, PodLogs } from "../cluster/api.ts";
import { ClusterError, NotFoundError, UnreachableError } from "../cluster/errors.ts";
import { events, jobs, pods, type Job, type Pod } from "../cluster/resources.ts";
import { messageOf, persist } from "../release/persist.ts";
import type { Clock } from "../release/ports.ts";
import { ReleaserNotStartedError } from "./errors.ts";
import { endsJob } from "./job.ts";
import { endOf, exitCodeOf, hasLive, hasStarted, lastWordsOf, newest, troubleOf, type JobEnd } from "./job-status.ts";
import type { StartedJob } from "./start.ts";

export interface FollowOptions {
  readonly cluster: ClusterApi & PodLogs;
  readonly clock: Clock;
  readonly job: StartedJob;
  /** Told of what a person should know and the ledger does not, one line each and each once. */
  readonly say: (line: string) => void;
  /** How long the first pod may take until it runs, in milliseconds. @default 120000 */
  readonly startWithin?: number;
  /** For how long an API server may be away, in milliseconds. @default 300000 */
  readonly patience?: number;
  /** Ends the following; the Job goes on. */
  readonly signal: AbortSignal;
}

export interface FollowedEnd extends JobEnd {
  /** The end of what the last pod wrote, where the release is not out. */
  readonly log: readonly string[];
}

/** Between two looks, in milliseconds. */
const every = 1_000;
const tail = { lines: 20, bytes: 16_384 };

/**
 * Waits until a releaser's Job is over. Throws a {@link ReleaserNotStartedError} when its first pod does not come to run, and then deletes the Job:
 * it would keep others from being started.
 */
export async function followJob(options: FollowOptions): Promise<FollowedEnd> {
  const { clock, job, startWithin = 120_000, signal } = options;
  const { name } = job;
  const say = once(options.say);
  const since = clock.monotonic();
  let started = false;
  for (;;) {
    const seen = await look(options, say);
    if (seen === undefined)
      return {
        exitCode: undefined,
        detail: `the Job ${name} was deleted; what it left is resumed by atom release`,
        log: [],
      };
    const { live, running, trouble } = seen;
    started ||= hasStarted(running);
    const end = endOf(live, running);
    if (end !== undefined) return { ...end, log: end.exitCode === 0 ? [] : await logOf(options, newest(running)) };
    for (const pod of running) tellOfEnd(pod, say);
    if (trouble !== undefined) say(`the releaser does not start: ${trouble}`);
    if (!started && clock.monotonic() - since >= startWithin) {
      await remove(options);
      throw new ReleaserNotStartedError(name, startWithin, trouble ?? "its pod does not run, and nothing says why");
    }
    await clock.sleep(every, signal);
  }
}

interface Seen {
  readonly live: Job;
  readonly running: readonly Pod[];
  readonly trouble: string | undefined;
}

/** `undefined` when there is no such Job any more. */
function look(options: FollowOptions, say: (line: string) => void): Promise<Seen | undefined> {
  const { clock, patience = 300_000, signal } = options;
  return persist(() => lookOnce(options), {
    clock,
    signal,
    patience,
    retry: (error) => error instanceof UnreachableError,
    onTrouble: () => {
      say("the API server does not answer; the Job goes on without being followed");
    },
  });
}

async function lookOnce({ cluster, job, signal }: FollowOptions): Promise<Seen | undefined> {
  const { namespace, name, uid } = job;
  const call = { signal };
  try {
    const live = await cluster.get(jobs, job, call);
    if (live.metadata.uid !== uid) return undefined;
    const selector = `batch.kubernetes.io/job-name=${name}`;
    const running = await cluster.list(pods, { namespace, selector }, call);
    const fields = `involvedObject.uid=${uid},reason=FailedCreate`;
    const said = hasLive(running) ? [] : await cluster.list(events, { namespace, fields }, call);
    return { live, running, trouble: troubleOf(running, said) };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

function tellOfEnd(pod: Pod, say: (line: string) => void): void {
  const words = lastWordsOf(pod);
  const exitCode = exitCodeOf(pod);
  // The Job itself follows the pod by a moment.
  if (words === undefined || (exitCode !== undefined && endsJob(exitCode))) return;
  say(`${pod.metadata.name} ended (${words}); another pod takes the release up`);
}

/** What nobody can read any more does not matter. */
async function logOf({ cluster, signal }: FollowOptions, pod: Pod | undefined): Promise<readonly string[]> {
  const { namespace, name } = pod?.metadata ?? {};
  if (namespace === undefined || name === undefined) return [];
  try {
    return await cluster.readLog({ namespace, name }, tail, { signal });
  } catch (error) {
    if (error instanceof ClusterError) return [`(its log cannot be read: ${messageOf(error)})`];
    throw error;
  }
}

async function remove({ cluster, job, signal }: FollowOptions): Promise<void> {
  try {
    await cluster.delete(jobs, job, { uid: job.uid, signal });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

function once(say: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    if (said.has(line)) return;
    said.add(line);
    say(line);
  };
}
