// What scales a Deployment by its load, each kind by its own fields.
import type { ClusterApi, FencedWriter, KubernetesObject, Resource } from "./api.ts";
import { horizontalPodAutoscalers, scaledObjects } from "./resources.ts";

/** Between which numbers of pods an autoscaler scales. */
export interface Bounds {
  /** null where it says nothing, and its kind's default counts. */
  readonly minimum: number | null;
  readonly maximum: number;
}

export interface Autoscaler extends Bounds {
  readonly name: string;
  /** Name of the Deployment that it scales. */
  readonly target: string;
}

export interface AutoscalerKind {
  readonly name: string;
  /** Those of the namespace that scale a Deployment. Rejects with NotFoundError where the cluster has no such kind. */
  list(signal: AbortSignal): Promise<readonly Autoscaler[]>;
  /** @param minimumOf the minimum that it is to have, by what it has */
  write(name: string, minimumOf: (live: Bounds) => number | null, signal: AbortSignal): Promise<void>;
}

interface Access {
  readonly cluster: Pick<ClusterApi, "list">;
  readonly writer: FencedWriter;
  readonly namespace: string;
}

/** Pods, and users who are to get to them, do not wait longer for a kind whose API does not answer, in milliseconds. */
const listWithin = 2_000;
/** What a ScaledObject scales to at most where it says nothing. */
const kedaMaximum = 100;

/** A ScaledObject has a HorizontalPodAutoscaler of its own, which follows it: that one is left to KEDA. */
export function autoscalerKinds(access: Access): readonly AutoscalerKind[] {
  return [
    kindOf(access, {
      resource: horizontalPodAutoscalers,
      field: "minReplicas",
      read: ({ metadata, spec }) => ({
        target:
          metadata.ownerReferences?.some(({ kind }) => kind === scaledObjects.kind) === true
            ? undefined
            : spec?.scaleTargetRef,
        minimum: spec?.minReplicas,
        maximum: spec?.maxReplicas,
      }),
    }),
    kindOf(access, {
      resource: scaledObjects,
      field: "minReplicaCount",
      read: ({ spec }) => ({
        target: { kind: "Deployment", ...spec?.scaleTargetRef },
        minimum: spec?.minReplicaCount,
        maximum: spec?.maxReplicaCount ?? kedaMaximum,
      }),
    }),
  ];
}

interface Reading {
  readonly target: { readonly kind?: string; readonly name?: string } | undefined;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
}

interface Fields<T extends KubernetesObject> {
  readonly resource: Resource<T>;
  /** Where `spec` has the minimum. */
  readonly field: string;
  readonly read: (object: T) => Reading;
}

function kindOf<T extends KubernetesObject>(
  { cluster, writer, namespace }: Access,
  { resource, field, read }: Fields<T>,
): AutoscalerKind {
  return {
    name: resource.kind,
    async list(signal) {
      const objects = await cluster.list(resource, { namespace }, { signal, timeout: listWithin });
      return objects.flatMap((object): readonly Autoscaler[] => {
        const reading = read(object);
        const { target } = reading;
        if (target?.kind !== "Deployment" || target.name === undefined) return [];
        return [{ name: object.metadata.name, target: target.name, ...boundsOf(reading) }];
      });
    },
    async write(name, minimumOf, signal) {
      await writer.write(
        resource,
        { namespace, name },
        (live) => {
          const bounds = boundsOf(read(live));
          const wanted = minimumOf(bounds);
          return wanted === bounds.minimum ? undefined : { spec: { [field]: wanted } };
        },
        { signal },
      );
    },
  };
}

function boundsOf({ minimum, maximum }: Reading): Bounds {
  return { minimum: minimum ?? null, maximum: maximum ?? Infinity };
}
