import type { Reporter } from "../progress.ts";
import type { Toolchain } from "../toolchain/ensure.ts";
import type { ToolName } from "../toolchain/tools.ts";
import type { Cluster } from "./endpoints.ts";
import type { PartOnRequest } from "./on-request.ts";
import type { ClusterState } from "./state.ts";

export { ClusterError } from "./errors.ts";
export { checkContext } from "./context.ts";
export { defaultClusterName } from "./instance.ts";
export { importImages } from "./image-import.ts";
export { toolsOnRequest, type PartOnRequest } from "./on-request.ts";
export { startCluster } from "./start.ts";
export { clusterNames, clusterStatus } from "./status.ts";
export { stopCluster } from "./stop.ts";
export type { Cluster } from "./endpoints.ts";

/** What `startCluster` takes from its toolchain: ask `ensureTools` for these. */
export const clusterTools = [
  "kubernetes",
  "etcd",
  "istiod",
  "istio-crds",
  "envoy",
  "prometheus-operator",
  "prometheus-operator-crds",
  "containerd",
  "runc",
  "cni-plugins",
  "iptables",
  "pushgateway",
  "postgresql",
  "redis",
  "tini",
] as const satisfies readonly ToolName[];

/** An image that the cluster imports before anything asks for it. */
export interface ClusterImage {
  /** As pods name it, e.g. "atom.local/prometheus:3.15.0". */
  readonly reference: string;
  /** Path of a docker-archive tar. */
  readonly archive: string;
}

export interface StartClusterOptions {
  /** Lower-case letters, digits and inner hyphens, at most 32. @default "local" */
  readonly name?: string;
  readonly reporter: Reporter;
  /** Must hold every tool of {@link clusterTools}, and of {@link toolsOnRequest} for each of `parts`. */
  readonly toolchain: Toolchain;
  /** Must hold pause, prometheus, alertmanager and prometheus-config-reloader; what else is in here is imported too. */
  readonly images: readonly ClusterImage[];
  /** Ends the start; what was begun is removed before the promise rejects with the signal's reason. @default never */
  readonly signal?: AbortSignal;
  /** How often Prometheus scrapes where a monitor does not say, in seconds. @default 2 */
  readonly scrapeIntervalSeconds?: number;
  /** What it has beside what every instance has. @default nothing */
  readonly parts?: readonly PartOnRequest[];
}

/** What there is of an instance, for a person and for `--json`. */
export interface ClusterStatus {
  readonly name: string;
  /** `absent`: nothing of it is there; `crashed`: its processes ended and left something; else what its supervisor says. */
  readonly phase: "absent" | "crashed" | ClusterState["phase"];
  /** Set unless `absent` or `crashed`. */
  readonly cluster?: Cluster;
  /** Seconds since the supervisor started. */
  readonly ageSeconds?: number;
  /** Whether the API server answers and says that its node is Ready. */
  readonly nodeReady: boolean;
  readonly components: readonly ComponentStatus[];
  /** What a crashed instance left on the machine, one line each; the next start or stop removes it. */
  readonly remains: readonly string[];
}

export interface ComponentStatus {
  readonly name: string;
  readonly phase: ClusterState["components"][string]["phase"];
  /** As the host sees it; absent while it does not run. */
  readonly pid?: number;
  readonly restarts: number;
  /** Path of its log. */
  readonly log: string;
  /** Why it ended the last time. */
  readonly message?: string;
}
