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
}

/** Finds the environment; asks it nothing yet. Throws a TargetError or a KubeconfigError. */
export async function openSite(options: TargetOptions, folder = process.cwd()): Promise<Site> {
  const target = await findTarget(options, folder);
  const { namespace, service, source } = target;
  const connection = Connection.open(source);
  const cluster = new ClusterClient(connection, systemClock);
  const store = new LedgerStore({ cluster, clock: systemClock, namespace, service });
  const group = { environment: environmentOf({ target }), service };
  return {
    target,
    clock: systemClock,
    connection,
    cluster,
    store,
    metrics: new MetricsPusher({
      read: (signal) => store.read(signal),
      push: (ledger, signal) => pushLedger(ledger, group, process.env, signal),
    }),
    plan: (signal) => readReleasePlan(cluster, namespace, service, signal),
    [Symbol.dispose]() {
      connection.close();
    },
  };
}

/** What people call the environment: its stack, else its namespace. */
export function environmentOf({ target: { stack, namespace } }: Pick<Site, "target">): string {
  return stack ?? namespace;
}
