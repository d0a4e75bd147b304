// The kinds of object that a release reads and writes, each typed as far as we read it.
import type { KubernetesObject, ObjectMeta, Resource } from "./api.ts";

export interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Times are RFC 3339 with microseconds. */
export interface Lease extends KubernetesObject {
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly containers?: readonly { readonly name: string; readonly image?: string }[];
  };
}

export interface Deployment extends KubernetesObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: PodTemplate;
    /** Whether no pods of another template are made. */
    readonly paused?: boolean;
    readonly progressDeadlineSeconds?: number;
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly message?: string };
}

export interface Pod extends KubernetesObject {
  readonly spec?: {
    readonly containers?: readonly {
      readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
    }[];
  };
  readonly status?: {
    readonly phase?: string;
    /** Why the pod as a whole failed: `Evicted`. */
    readonly reason?: string;
    readonly message?: string;
    readonly podIP?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface Job extends KubernetesObject {
  readonly status?: {
    readonly conditions?: readonly {
      /** `Complete` or `Failed` once it is over. */
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

/** Something that a controller says of an object. */
export interface ClusterEvent extends KubernetesObject {
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
}

/** The target's kind and name, as autoscalers have it. */
interface ScaleTarget {
  readonly kind?: string;
  readonly name?: string;
}

export interface HorizontalPodAutoscaler extends KubernetesObject {
  readonly metadata: ObjectMeta & { readonly ownerReferences?: readonly { readonly kind: string }[] };
  readonly spec?: {
    readonly scaleTargetRef?: ScaleTarget;
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
  };
}

/** KEDA's. */
export interface ScaledObject extends KubernetesObject {
  readonly spec?: {
    readonly scaleTargetRef?: ScaleTarget;
    readonly minReplicaCount?: number;
    readonly maxReplicaCount?: number;
  };
}

export interface Service extends KubernetesObject {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly {
      readonly port: number;
      readonly targetPort?: number | string;
      readonly name?: string;
    }[];
  };
}

/** `http` is the list of routes; the pure builder in `components/routes` makes it, so it is opaque here. */
export interface VirtualService extends KubernetesObject {
  readonly spec?: { readonly hosts?: readonly string[]; readonly http?: readonly unknown[] };
}

export const configMaps: Resource<ConfigMap> = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" };
export const events: Resource<ClusterEvent> = { group: "", version: "v1", plural: "events", kind: "Event" };
export const pods: Resource<Pod> = { group: "", version: "v1", plural: "pods", kind: "Pod" };
export const services: Resource<Service> = { group: "", version: "v1", plural: "services", kind: "Service" };
export const deployments: Resource<Deployment> = {
  group: "apps",
  version: "v1",
  plural: "deployments",
  kind: "Deployment",
};
export const horizontalPodAutoscalers: Resource<HorizontalPodAutoscaler> = {
  group: "autoscaling",
  version: "v2",
  plural: "horizontalpodautoscalers",
  kind: "HorizontalPodAutoscaler",
};
export const scaledObjects: Resource<ScaledObject> = {
  group: "keda.sh",
  version: "v1alpha1",
  plural: "scaledobjects",
  kind: "ScaledObject",
};
export const jobs: Resource<Job> = { group: "batch", version: "v1", plural: "jobs", kind: "Job" };
export const leases: Resource<Lease> = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  kind: "Lease",
};
export const virtualServices: Resource<VirtualService> = {
  group: "networking.istio.io",
  version: "v1",
  plural: "virtualservices",
  kind: "VirtualService",
};

/**
 * Where a pod answers: versions may listen on different ports, so its own word counts.
 *
 * @param otherwise the port of a pod that names none `http`
 */
export function httpPortOf({ spec }: Pod, otherwise: number): number {
  const ports = spec?.containers?.flatMap((container) => container.ports ?? []) ?? [];
  return ports.find(({ name }) => name === "http")?.containerPort ?? otherwise;
}
