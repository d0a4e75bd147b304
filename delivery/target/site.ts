import { setImmediate } from "node:timers/promises";
import { releasePlanName } from "../../components/names/names.ts";
import type { ClusterApi } from "../cluster/api.ts";
import { ClusterClient } from "../cluster/client.ts";
import { openConnection, type Connection } from "../cluster/connection.ts";
import { configMaps, type ConfigMap } from "../cluster/resources.ts";
import { systemClock } from "../clock/system-clock.ts";
import type { LedgerStore } from "../ledger/store.ts";
import type { MetricsPusher } from "../metrics/metrics-pusher.ts";
import type { OpenPlan } from "../../components/release-plan/open-plan.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { Clock } from "../release/ports.ts";
import { discover } from "./discover.ts";
import { findTarget, type Target, type TargetOptions } from "./target.ts";

/** An environment within reach: what every command works with. */
export interface Site extends Disposable {
  readonly target: Target;
  readonly clock: Clock;
  readonly connection: Connection;
  readonly cluster: ClusterClient;
  readonly store: LedgerStore;
  /** Carries what the ledger counts to where METRICS_ENDPOINT says. */
  readonly metrics: MetricsPusher;
  /** As the environment publishes it now. */
  plan(signal: AbortSignal): Promise<ReleasePlan>;
  /** The same as far as this version understands it: enough to look, and to roll back. */
  openPlan(signal: AbortSignal): Promise<OpenPlan>;
  /** What people call the environment: its stack. */
  environment(signal: AbortSignal): Promise<string>;
}

export interface SiteOptions {
  /** With the stacks' files. @default this process's */
  readonly folder?: string;
  /** Where METRICS_ENDPOINT is looked up. @default this process's */
  readonly variables?: NodeJS.ProcessEnv;
  /** Whether to ask for the release plan before all else is loaded: in an emergency each tenth of a second counts. @default false */
  readonly planAtOnce?: boolean;
}

/**
 * Finds the environment, in the cluster where neither the command line nor a stack's file says which it is. Throws a TargetError or a
 * KubeconfigError; a ClusterError where the cluster cannot be asked.
 */
export async function openSite(
  options: TargetOptions,
  { folder = process.cwd(), variables = process.env, planAtOnce = false }: SiteOptions = {},
): Promise<Site> {
  const partial = await findTarget(options, folder);
  using made = new DisposableStack();
  const connection = await openConnection(partial.source);
  made.defer(() => {
    connection.close();
  });
  const cluster = new ClusterClient(connection, systemClock);
  const target = await discover(partial, connection, cluster);
  const { namespace, service } = target;
  const reader = planAtOnce ? asked(cluster, namespace, service) : cluster;
  // The request leaves before the processor is busy with what comes next.
  if (planAtOnce) await setImmediate();
  const [{ LedgerStore }, { MetricsPusher }, { pushLedger }, { readReleasePlan, readReleasePlanOpenly }] =
    await Promise.all([
      import("../ledger/store.ts"),
      import("../metrics/metrics-pusher.ts"),
      import("../metrics/push.ts"),
      import("../plan/read-plan.ts"),
    ]);
  const store = new LedgerStore({ cluster, clock: systemClock, namespace, service });
  const plan = (signal: AbortSignal): Promise<ReleasePlan> => readReleasePlan(reader, namespace, service, signal);
  const openPlan = (signal: AbortSignal): Promise<OpenPlan> =>
    readReleasePlanOpenly(reader, namespace, service, signal);
  const environment = async (signal: AbortSignal): Promise<string> => target.stack ?? (await plan(signal)).environment;
  const kept = made.move();
  return {
    target,
    clock: systemClock,
    connection,
    cluster,
    store,
    metrics: new MetricsPusher({
      read: (signal) => store.read(signal),
      push: async (ledger, signal) =>
        pushLedger(ledger, { environment: await environment(signal), service }, variables, signal),
    }),
    plan,
    openPlan,
    environment,
    [Symbol.dispose]() {
      kept.dispose();
    },
  };
}

/** Asks for the plan now, and gives the answer to the first who asks. Whoever asks later has it read again. */
function asked(cluster: ClusterClient, namespace: string, service: string): Pick<ClusterApi, "get"> {
  let first: Promise<ConfigMap> | undefined = cluster.get(configMaps, { namespace, name: releasePlanName(service) });
  // Who asks is told.
  first.catch(() => undefined);
  return {
    get: async (resource, name, options) => {
      const answer = first;
      first = undefined;
      return answer === undefined ? cluster.get(resource, name, options) : ((await answer) as never);
    },
  };
}
