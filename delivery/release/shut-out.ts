// How a releaser shuts out those before it: its number in the ledger, then on everything that a release moves.
import { slotName } from "../../components/names/names.ts";
import { slotNames } from "../../components/names/slot-name.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { ClusterApi, KubernetesObject, Resource } from "../cluster/api.ts";
import { ClusterError, ConflictError, LeaseLostError, NotFoundError, UnreachableError } from "../cluster/errors.ts";
import type { Fence } from "../cluster/fence.ts";
import { deployments, services, virtualServices } from "../cluster/resources.ts";
import type { LedgerStore } from "../ledger/store.ts";
import { messageOf, persist } from "./persist.ts";
import type { Clock } from "./ports.ts";

/** How long the stamp of what a rollback does not need is waited for, in milliseconds. */
const patience = 1_000;
/** How long what a rollback needs may take to be written, in milliseconds. */
const neededWithin = 10_000;

type Where = Pick<ReleasePlan, "namespace" | "service" | "router">;

export interface Taken {
  /** This releaser's number. */
  readonly fence: number;
  /** All writes to the cluster go through it. */
  readonly writer: Fence;
  /** What was found in the way and goes on all the same, for people. */
  readonly troubles: readonly string[];
}

export interface TakeOptions {
  readonly store: LedgerStore;
  readonly plan: Where;
  readonly writerOf: (fence: number) => Fence;
}

/**
 * Takes the next number and stamps with it what a release moves. Objects with a number that the ledger has not come to are of a releaser that the
 * ledger, an older copy, has forgotten: this one takes a number above it. Whoever has taken over meanwhile is in the ledger, since a number is taken
 * there before it is stamped: LeaseLostError, and that one goes on.
 */
export async function takeFence({ store, plan, writerOf }: TakeOptions, signal: AbortSignal): Promise<Taken> {
  const first = await store.takeFence(signal);
  const found = await shutOut(writerOf(first), plan, signal);
  if (found.highest <= first) return { fence: first, writer: found.writer, troubles: found.unstamped };
  const fence = await store.takeFence(signal, { of: first, above: found.highest });
  const { writer, highest, unstamped } = await shutOut(writerOf(fence), plan, signal);
  if (highest > fence) throw new LeaseLostError("taken", `releaser ${highest} has taken over, and this is ${fence}`);
  const older =
    `the ledger counted ${first - 1} releasers where what a release moves bears number ${found.highest}: it is an older copy, and what it says of ` +
    `releases may be as old (see: atom history). This releaser is number ${fence}`;
  return { fence, writer, troubles: [older, ...unstamped] };
}

interface ShutOut {
  readonly writer: Fence;
  /** The highest number that was found. */
  readonly highest: number;
  /** What could not be stamped, and why. */
  readonly unstamped: readonly string[];
}

/**
 * Stamps what a release moves. A rollback needs the route alone, so nothing else keeps it from going on: each change of a Service or a Deployment
 * names the version that it was built from, and brings the stamp. Rejects where the route cannot be stamped.
 */
async function shutOut(writer: Fence, where: Where, signal: AbortSignal): Promise<ShutOut> {
  const { namespace, service } = where;
  const route = routeOf(where);
  const unstamped: string[] = [];
  const ifPossible = async (resource: Resource<KubernetesObject>, name: string): Promise<number> => {
    try {
      return await writer.stamp(resource, { namespace, name }, { signal, timeout: patience });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ClusterError)) throw error;
      unstamped.push(
        `${resource.plural} ${name} does not bear this releaser's number, and an earlier one that still runs may change it once more: ${messageOf(error)}`,
      );
      return 0;
    }
  };
  const found = await Promise.all([
    writer.stamp(route, { namespace, name: service }, { signal, timeout: neededWithin }),
    ...(route === services ? [] : [ifPossible(services, service)]),
    ...slotNames.map((slot) => ifPossible(deployments, slotName(service, slot))),
  ]);
  return { writer, highest: Math.max(...found), unstamped };
}

export interface TakeOverOptions {
  readonly cluster: ClusterApi;
  readonly clock: Clock;
  readonly store: LedgerStore;
  readonly plan: Where;
}

/**
 * Resolves once the API server has taken what a rollback writes, the route and the ledger, with nothing changed in either: its admission and this
 * account's rights are asked as well. Whoever cannot roll back must not shut out a releaser that can.
 */
export async function tryRoutes({ cluster, clock, store, plan }: TakeOverOptions, signal: AbortSignal): Promise<void> {
  const name = { namespace: plan.namespace, name: plan.service };
  const route = async (): Promise<void> => {
    try {
      await cluster.patch(routeOf(plan), name, { type: "merge", body: {} }, { signal, timeout: neededWithin });
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  };
  const retry = (error: unknown): boolean => error instanceof UnreachableError || error instanceof ConflictError;
  await Promise.all([persist(route, { clock, signal, patience: neededWithin, retry }), store.rewrite(signal)]);
}

/** What users are moved by. */
function routeOf({ router }: Where): Resource<KubernetesObject> {
  return router.kind === "istio" ? virtualServices : services;
}
