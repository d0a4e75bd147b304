import type { Destination } from "../network/network-policies.ts";
import type { MigrationSettings } from "../migration/migration.ts";
import type { HttpRouteSettings } from "../routes/http-routes.ts";
import type { GatewaySettings } from "../routes/manifests.ts";
import type { EnvironmentSources } from "../workload/environment.ts";
import type { PodTemplateArgs, Resources, ScratchDirectory, Shutdown } from "../workload/pod-template.ts";
import type { Probes } from "../workload/probes.ts";

/** What a service is, in every environment. */
export interface ServiceContract {
  /** Port that the container listens on. */
  readonly port: number;
  /** Numeric user that the image runs as; never root. */
  readonly user: number;
  /** Variables that the service reads. A secret is the name of a key of the stack's configuration. */
  readonly environment: EnvironmentSources;
  readonly probes: Probes;
  /** Directories that it writes to. */
  readonly scratch: readonly ScratchDirectory[];
  readonly shutdown: Shutdown;
  readonly metrics: {
    readonly path: string;
    /** Upper edges of the latency histogram's buckets, in milliseconds: only at an edge can a latency be judged. */
    readonly latencyEdges: readonly number[];
  };
  /** @default the service has no database to migrate */
  readonly migration?: MigrationSettings;
}

/** Requests come through an Istio gateway, and weights share them out. */
export interface IstioRouteSettings extends Omit<HttpRouteSettings, "service" | "port"> {
  readonly router: "istio";
  /** Where requests go in, as the releaser reaches it, e.g. `https://atom.example.com`. */
  readonly url: string;
  /** Hosts that requests ask for; `*` is any. */
  readonly hosts: readonly string[];
  readonly gateway: GatewaySettings & {
    /** Namespace of the gateway's pods. */
    readonly namespace: string;
  };
}

/** There is no mesh: the number of replicas shares the requests out. */
export interface ReplicaRouteSettings {
  readonly router: "replicas";
  /** Namespaces that requests come from. */
  readonly clientNamespaces: readonly string[];
}

/** What an environment decides about a service. */
export interface ServiceSettings {
  readonly image: string;
  readonly imagePullPolicy: PodTemplateArgs["imagePullPolicy"];
  /** Pods of a slot that serves; with autoscaling, the fewest. */
  readonly replicas: number;
  /** @default the replicas stay as they are */
  readonly autoscaling?: { readonly maxReplicas: number; readonly cpuUtilization: number } | undefined;
  readonly resources: Resources;
  /** Variables beyond those of the contract. */
  readonly env: Readonly<Record<string, string>>;
  readonly routes: IstioRouteSettings | ReplicaRouteSettings;
  /** What the service may reach. */
  readonly egress: readonly Destination[];
}

/** Names of the configuration's keys whose values a service needs in its Secret, sorted. */
export function requiredSecrets({
  environment,
  migration,
}: Pick<ServiceContract, "environment" | "migration">): string[] {
  const keys = [...Object.values(environment.secrets), ...Object.values(migration?.environment.secrets ?? {})];
  return [...new Set(keys)].sort();
}
