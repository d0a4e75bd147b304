import { ClusterClient } from "../cluster/client.ts";
import { Connection } from "../cluster/connection.ts";
import { systemClock } from "../clock/system-clock.ts";
import { LedgerStore } from "../ledger/store.ts";
import { MetricsPusher } from "../metrics/metrics-pusher.ts";
import { pushLedger } from "../metrics/push.ts";
import { readReleasePlan } from "../plan/read-plan.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { Clock } from "../release/ports.ts";
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
  /** What people call the environment: its stack. */
  environment(signal: AbortSignal): Promise<string>;
}

/**
 * Finds the environment; asks it nothing yet. Throws a TargetError or a KubeconfigError.
 *
 * @param variables where METRICS_ENDPOINT is looked up
 */
export async function openSite(
  options: TargetOptions,
  folder = process.cwd(),
  variables: NodeJS.ProcessEnv = process.env,
): Promise<Site> {
  const target = await findTarget(options, folder);
  const { namespace, service, source } = target;
  const connection = Connection.open(source);
  const cluster = new ClusterClient(connection, systemClock);
  const store = new LedgerStore({ cluster, clock: systemClock, namespace, service });
  const plan = (signal: AbortSignal): Promise<ReleasePlan> => readReleasePlan(cluster, namespace, service, signal);
  const environment = async (signal: AbortSignal): Promise<string> => target.stack ?? (await plan(signal)).environment;
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
    environment,
    [Symbol.dispose]() {
      connection.close();
    },
  };
}
