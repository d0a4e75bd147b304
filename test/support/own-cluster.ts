import { existsSync } from "node:fs";
import {
  clusterNames,
  clusterTools,
  metricsServerTools,
  startCluster,
  stopCluster,
  type Cluster,
} from "../../platform/cluster/cluster.ts";
import { ensureImages, imageTools } from "../../platform/images/images.ts";
import { createReporter } from "../../platform/progress.ts";
import { ensureTools, type Toolchain } from "../../platform/toolchain/ensure.ts";

/** An embedded cluster that belongs to this process. */
export interface OwnCluster {
  readonly cluster: Cluster;
  readonly toolchain: Toolchain;
}

interface OwnClusterOptions {
  readonly signal?: AbortSignal;
  /** Whether HorizontalPodAutoscalers have the readings that they scale by. @default false */
  readonly metricsServer?: boolean;
}

/** The instance of this process: never the name of a user's. */
export function ownClusterName(kind: "test" | "bench"): string {
  return `${kind}-${process.pid}`;
}

/** Brings up this process's instance, after those that were left by processes which were killed. Whoever calls it stops it. */
export async function startOwnCluster(
  kind: "test" | "bench",
  { signal, metricsServer = false }: OwnClusterOptions = {},
): Promise<OwnCluster> {
  await stopAbandoned(kind);
  const reporter = createReporter();
  const stop = signal === undefined ? {} : { signal };
  const more = metricsServer ? metricsServerTools : [];
  const tools = [...new Set([...clusterTools, ...more, ...imageTools, "pulumi"] as const)];
  const toolchain = await ensureTools(tools, { reporter, ...stop });
  const images = await ensureImages(toolchain, { reporter, ...stop });
  const name = ownClusterName(kind);
  return {
    cluster: await startCluster({
      name,
      reporter,
      toolchain,
      images,
      scrapeIntervalSeconds: 1,
      metricsServer,
      ...stop,
    }),
    toolchain,
  };
}

async function stopAbandoned(kind: "test" | "bench"): Promise<void> {
  for (const other of await clusterNames()) {
    const [, whose, pid] = /^([a-z]+)-(\d+)/.exec(other) ?? [];
    if (whose === kind && pid !== undefined && !existsSync(`/proc/${pid}`)) await stopCluster(other);
  }
}
