import { stopCluster, type PartOnRequest } from "../../platform/cluster/cluster.ts";
import { ownClusterName, startOwnCluster, type OwnCluster } from "./own-cluster.ts";

export type { OwnCluster as SharedCluster } from "./own-cluster.ts";

/** Time for the first test that needs the cluster: on a bare machine it waits for the whole toolchain, in milliseconds. */
export const clusterDeadlineMs = 35 * 60_000;

let shared: Promise<OwnCluster> | undefined;
const parts = new Set<PartOnRequest>();

/**
 * Has a part run in the cluster of this process. Called where a suite is described: mocha reads all files of a process before it runs
 * the first test, so the order of the tests does not decide what the cluster has.
 */
export function clusterWith(part: PartOnRequest): void {
  if (shared !== undefined) throw new Error(`The cluster runs already: ask for ${part} outside of hooks and tests`);
  parts.add(part);
}

/** The embedded cluster of this test process: started by whoever asks first, stopped after the last test. */
export function sharedCluster(): Promise<OwnCluster> {
  shared ??= startOwnCluster("test", { parts: [...parts] });
  return shared;
}

after(async function stopSharedCluster() {
  this.timeout(60_000);
  if (shared !== undefined) await stopCluster(ownClusterName("test"));
});
