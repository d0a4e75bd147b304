import { stopCluster } from "../../platform/cluster/cluster.ts";
import { ownClusterName, startOwnCluster, type OwnCluster } from "./own-cluster.ts";

export type { OwnCluster as SharedCluster } from "./own-cluster.ts";

/** Time for the first test that needs the cluster: on a bare machine it waits for the whole toolchain, in milliseconds. */
export const clusterDeadlineMs = 35 * 60_000;

let shared: Promise<OwnCluster> | undefined;

/** The embedded cluster of this test process: started by whoever asks first, stopped after the last test. */
export function sharedCluster(): Promise<OwnCluster> {
  shared ??= startOwnCluster("test");
  return shared;
}

after(async function stopSharedCluster() {
  this.timeout(60_000);
  if (shared !== undefined) await stopCluster(ownClusterName("test"));
});
