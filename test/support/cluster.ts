import { existsSync } from "node:fs";
import { clusterNames, clusterTools, startCluster, stopCluster, type Cluster } from "../../platform/cluster/cluster.ts";
import { ensureImages, imageTools } from "../../platform/images/images.ts";
import { createReporter } from "../../platform/progress.ts";
import { ensureTools, type Toolchain } from "../../platform/toolchain/ensure.ts";

/** Never the name of a user's instance. */
const name = `test-${process.pid}`;

/** Time for the first test that needs the cluster: on a bare machine it waits for the whole toolchain, in milliseconds. */
export const clusterDeadlineMs = 35 * 60_000;

export interface SharedCluster {
  readonly cluster: Cluster;
  readonly toolchain: Toolchain;
}

let shared: Promise<SharedCluster> | undefined;

/** The embedded cluster of this test process: started by whoever asks first, stopped after the last test. */
export function sharedCluster(): Promise<SharedCluster> {
  shared ??= start();
  return shared;
}

/** Ends the instances of test processes that were killed before they could. */
async function stopAbandoned(): Promise<void> {
  for (const other of await clusterNames()) {
    const pid = /^test-(\d+)/.exec(other)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await stopCluster(other);
  }
}

async function start(): Promise<SharedCluster> {
  await stopAbandoned();
  const reporter = createReporter();
  const toolchain = await ensureTools([...new Set([...clusterTools, ...imageTools, "pulumi"] as const)], { reporter });
  const images = await ensureImages(toolchain, { reporter });
  return { cluster: await startCluster({ name, reporter, toolchain, images, scrapeIntervalSeconds: 1 }), toolchain };
}

after(async function stopSharedCluster() {
  this.timeout(60_000);
  if (shared !== undefined) await stopCluster(name);
});
