import { stopCluster } from "../../platform/cluster/cluster.ts";
import { ownClusterName, startOwnCluster, type OwnCluster } from "./own-cluster.ts";

export type { OwnCluster as SharedCluster } from "./own-cluster.ts";

/** Time for the first test that needs the cluster: on a bare machine it waits for the whole toolchain, in milliseconds. */
export const clusterDeadlineMs = 35 * 60_000;

let shared: Promise<OwnCluster> | undefined;
let metricsServer = false;

/**
 * Has metrics-server run in the cluster of this process. Called where a suite is described: mocha reads all files of a process before it runs
 * the first test, so the order of the tests does not decide what the cluster has.
 */
export function clusterWithMetricsServer(): void {
  if (shared !== undefined)
    throw new Error("The cluster runs already: ask for metrics-server outside of hooks and tests");
  metricsServer = true;
}

/** The embedded cluster of this test process: started by whoever asks first, stopped after the last test. */
export function sharedCluster(): Promise<OwnCluster> {
  shared ??= startOwnCluster("test", { metricsServer });
  return shared;
}

after(async function stopSharedCluster() {
  this.timeout(60_000);
  if (shared !== undefined) await stopCluster(ownClusterName("test"));
});
