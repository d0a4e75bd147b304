import {
  clusterNames,
  startCluster,
  stopCluster,
  type Cluster,
  type PartOnRequest,
} from "../../platform/cluster/cluster.ts";
import { ensureImages } from "../../platform/images/images.ts";
import { localTools } from "../../platform/local/local-stack.ts";
import { createReporter } from "../../platform/progress.ts";
import { ensureTools, type Toolchain } from "../../platform/toolchain/ensure.ts";
import { identityOf } from "../../platform/toolchain/lock.ts";

/** An embedded cluster that belongs to this process. */
export interface OwnCluster {
  readonly cluster: Cluster;
  readonly toolchain: Toolchain;
}

interface OwnClusterOptions {
  readonly signal?: AbortSignal;
  /** What it has beside what every instance has. @default nothing */
  readonly parts?: readonly PartOnRequest[];
}

/** The instance of this process: never the name of a user's. */
export function ownClusterName(kind: "test" | "bench"): string {
  return `${kind}-${process.pid}`;
}

/** Brings up this process's instance, after those that were left by processes which were killed. Whoever calls it stops it. */
export async function startOwnCluster(
  kind: "test" | "bench",
  { signal, parts = [] }: OwnClusterOptions = {},
): Promise<OwnCluster> {
  await stopAbandoned(kind);
  const reporter = createReporter();
  const stop = signal === undefined ? {} : { signal };
  const toolchain = await ensureTools(localTools(parts), { reporter, ...stop });
  const images = await ensureImages(toolchain, { reporter, ...stop });
  const name = ownClusterName(kind);
  return {
    cluster: await startCluster({
      name,
      reporter,
      toolchain,
      images,
      scrapeIntervalSeconds: 1,
      parts,
      ...stop,
    }),
    toolchain,
  };
}

async function stopAbandoned(kind: "test" | "bench"): Promise<void> {
  for (const other of await clusterNames()) {
    const [, whose, pid] = /^([a-z]+)-(\d+)/.exec(other) ?? [];
    if (whose === kind && pid !== undefined && (await identityOf(Number(pid))) === undefined) await stopCluster(other);
  }
}
