import { randomInt } from "node:crypto";
import { deployerName, slotName } from "../../components/names/names.ts";
import type { SlotName } from "../../components/names/slot-name.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { releaserLabels } from "../../components/workload/releaser.ts";
import type { ClusterApi, ObjectName } from "../cluster/api.ts";
import { ForbiddenError, NotFoundError, UnreachableError } from "../cluster/errors.ts";
import { deployments, jobs, type Job } from "../cluster/resources.ts";
import type { ReleaseRequest } from "../release/opening.ts";
import { InClusterNotSetUpError, ReleaserForbiddenError, ReleaserRunningError } from "./errors.ts";
import { releaserJob, type ReleaserJob } from "./job.ts";
import { endOf } from "./job-status.ts";
import { smokeUserOf, type SmokeUser } from "./releaser-environment.ts";

export interface StartOptions {
  readonly cluster: ClusterApi;
  readonly plan: ReleasePlan;
  readonly request: ReleaseRequest;
  /** The slot that holds what is to be released: it names the Secret with the smoke test's password. */
  readonly candidate: SlotName;
  /** The Job's image. @default the plan's */
  readonly image?: string | undefined;
  readonly signal: AbortSignal;
}

/** A Job that was created. */
export interface StartedJob extends ObjectName {
  readonly uid: string;
}

const project = "atom";

/**
 * Has the cluster release what is staged. Throws a UserError when that is not set up, when a Job does so already, and when these credentials may
 * not; else a ClusterError. Two that start at once may both succeed: the lease lets one of them release, and the other one refuses.
 */
export async function startReleaser(options: StartOptions): Promise<StartedJob> {
  const { cluster, plan, request, image, signal } = options;
  const { namespace, service } = plan;
  if (plan.inCluster === null) throw new InClusterNotSetUpError(service);
  const running = await findReleaser(options);
  if (running !== undefined) throw new ReleaserRunningError(service, running.metadata.name);
  const job = releaserJob({
    plan,
    image: image ?? plan.inCluster.image,
    id: randomId(),
    account: deployerName(project),
    request,
    smokeUser: await findSmokeUser(options),
  });
  const { metadata } = await create(cluster, job, signal);
  return { namespace, name: metadata.name, uid: metadata.uid ?? "" };
}

/** The Job that releases the service at present. */
export async function findReleaser({
  cluster,
  plan: { namespace, service },
  signal,
}: Pick<StartOptions, "cluster" | "plan" | "signal">): Promise<Job | undefined> {
  const selector = Object.entries(releaserLabels(service))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const all = await permitted(cluster.list(jobs, { namespace, selector }, { signal }));
  return all.find((job) => endOf(job, []) === undefined);
}

/** The user of the program's migration, with the password in the candidate's own Secret, which is named here and not read. */
async function findSmokeUser({
  cluster,
  plan: { namespace, service },
  candidate,
  signal,
}: StartOptions): Promise<SmokeUser | undefined> {
  const name = slotName(service, candidate);
  const found = await cluster.get(deployments, { namespace, name }, { signal }).catch((error: unknown) => {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  });
  return smokeUserOf(service, found?.spec?.template);
}

async function create(cluster: ClusterApi, job: ReleaserJob, signal: AbortSignal): Promise<Job> {
  try {
    return await permitted(cluster.create<Job>(jobs, job, { signal }));
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    // It may have got through unanswered.
    return await cluster.get(jobs, job.metadata, { signal }).catch(() => {
      throw error;
    });
  }
}

async function permitted<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ForbiddenError) throw new ReleaserForbiddenError(error.message, { cause: error });
    throw error;
  }
}

/** Six letters and digits that do not read as a word. */
function randomId(): string {
  const letters = "bcdfghjklmnpqrstvwxz0123456789";
  return Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join("");
}
