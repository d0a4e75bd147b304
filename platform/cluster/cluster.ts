import type { Reporter } from "../progress.ts";
import type { Toolchain } from "../toolchain/ensure.ts";
import type { ToolName } from "../toolchain/tools.ts";
import type { ClusterState } from "./state.ts";

/** The instance that the commands use where no other name is given. */
export const defaultClusterName = "local";

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

/** A running embedded cluster, as the host reaches it. */
export interface Cluster {
  readonly name: string;
  /** Path of the administrator's kubeconfig (mode 0600). */
  readonly kubeconfig: string;
  /** The context in `kubeconfig`, `atom-<name>`. */
  readonly context: string;
  /** Envoy's ingress gateway, e.g. "http://10.213.0.2:8080". It listens as soon as a Gateway object asks for port 8080. */
  readonly gatewayUrl: string;
  readonly apiServerUrl: string;
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  readonly pushgatewayUrl: string;
  /** The instance's folder; all that it keeps is in here, and goes when it is stopped. */
  readonly folder: string;
}

export interface StartClusterOptions {
  /** Lower-case letters, digits and inner hyphens, at most 32. @default "local" */
  readonly name?: string;
  readonly reporter: Reporter;
  /** Must hold every tool of {@link clusterTools}. */
  readonly toolchain: Toolchain;
  /** Must hold pause, prometheus, alertmanager and prometheus-config-reloader; what else is in here is imported too. */
  readonly images: readonly ClusterImage[];
  /** Ends the start; what was begun is removed before the promise rejects with the signal's reason. @default never */
  readonly signal?: AbortSignal;
  /** How often Prometheus scrapes where a monitor does not say, in seconds. @default 2 */
  readonly scrapeIntervalSeconds?: number;
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

/**
 * Starts an embedded cluster and resolves when a stack can be brought up in it: API server and node are ready, Istio's and
 * the operator's CRDs are established, istiod, Envoy, the operator and the data services run.
 * A running instance of that name is used as it is; one that crashed is removed first; a start that is under way is waited for.
 * Throws a `ClusterError`: the machine cannot (see preflight.ts), a component does not come up (with the end of its log).
 */
export function startCluster(_options: StartClusterOptions): Promise<Cluster> {
  return Promise.reject(new Error("not written yet"));
}

/** Ends an instance and removes all that it had on this machine. Resolves to whether there was anything to stop. */
export function stopCluster(_name: string = defaultClusterName, _reporter?: Reporter): Promise<boolean> {
  return Promise.reject(new Error("not written yet"));
}

/** Reads the state of an instance; changes nothing. */
export function clusterStatus(_name: string = defaultClusterName): Promise<ClusterStatus> {
  return Promise.reject(new Error("not written yet"));
}
