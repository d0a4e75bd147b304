// The port to a Kubernetes API server: six verbs over typed resources. `client.ts` implements it over HTTPS.

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  /** Opaque; equal means unchanged. A patch that carries it is refused with ConflictError when the object has changed. */
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Who wrote which of its fields. */
  readonly managedFields?: readonly ManagedFields[];
}

/** What one manager owns of an object, as the API server records it. */
export interface ManagedFields {
  readonly manager?: string;
  /** `Apply` by server-side apply, `Update` by any other write. */
  readonly operation?: string;
  readonly apiVersion?: string;
  /** RFC 3339. */
  readonly time?: string;
  /** Empty where the object itself was written. */
  readonly subresource?: string;
  readonly fieldsV1?: FieldTree;
}

/** Fields as the API server notes them: `f:name` a field, `k:{…}` an element by its key, `v:…` a member, `.` the thing itself. */
export interface FieldTree {
  readonly [key: string]: FieldTree;
}

/** The part that every Kubernetes object has. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/** A kind of namespaced object, and where the API server keeps it. `T` is what the API answers, as far as we read it. */
export interface Resource<T extends KubernetesObject> {
  /** `""` for the core group. */
  readonly group: string;
  readonly version: string;
  /** Lower case, plural: `virtualservices`. */
  readonly plural: string;
  readonly kind: string;
  /** Never present: it carries the type of the objects. */
  readonly object?: T;
}

/** Which object: names are unique by resource and namespace. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

export interface CallOptions {
  /** Ends the call early; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from the call until UnreachableError, over all its tries. @default 10000 */
  readonly timeout?: number | undefined;
}

/**
 * A change to an object. `merge` is a JSON merge patch (lists are replaced whole). Put the object's last read
 * `metadata.resourceVersion` into it (or a `test` into `json`) and the API server refuses it if the object has changed.
 */
export type Patch =
  | { readonly type: "merge"; readonly body: Readonly<Record<string, unknown>> }
  | { readonly type: "json"; readonly body: readonly Readonly<Record<string, unknown>>[] };

export interface DeleteOptions extends CallOptions {
  /** Delete only if this is still the object's uid; else ConflictError. */
  readonly uid?: string;
  /** @default "Background" */
  readonly propagation?: "Background" | "Foreground" | "Orphan";
}

/** Which objects of a kind. */
export interface ListWhere {
  readonly namespace: string;
  /** Label selector as kubectl takes it: `app.kubernetes.io/name=atom,atom.dev/slot=blue`. @default all */
  readonly selector?: string;
  /** Field selector: `involvedObject.uid=…`. @default all */
  readonly fields?: string;
}

/** A pod's HTTP port, reached through the API server. */
export interface PodPort extends ObjectName {
  readonly port: number;
}

/**
 * Kubernetes, as far as a release needs it. Every method rejects with a ClusterError subclass (errors.ts) or with the
 * reason of `options.signal`. `get`, `list` and `readPod` are repeated on UnreachableError within their timeout; writes never
 * are, since an unanswered write may have taken place. All writes carry the field manager `atom-release`.
 */
export interface ClusterApi {
  get<T extends KubernetesObject>(resource: Resource<T>, name: ObjectName, options?: CallOptions): Promise<T>;

  list<T extends KubernetesObject>(
    resource: Resource<T>,
    where: ListWhere,
    options?: CallOptions,
  ): Promise<readonly T[]>;

  /** ConflictError if it exists. Answers the object as stored. */
  create<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: CallOptions): Promise<T>;

  /** Answers the object as stored. */
  patch<T extends KubernetesObject>(
    resource: Resource<T>,
    name: ObjectName,
    patch: Patch,
    options?: CallOptions,
  ): Promise<T>;

  /** Resolves when the API server accepted it; NotFoundError when there is none. */
  delete(resource: Resource<KubernetesObject>, name: ObjectName, options?: DeleteOptions): Promise<void>;

  /**
   * `GET path` on a pod's port through the API server's proxy. Answers status and body of the pod whatever the status is;
   * UnreachableError when the API server could not reach the pod. At most 4 MiB. Not repeated, and limited to 20 a second for a client.
   */
  readPod(pod: PodPort, path: string, options?: CallOptions): Promise<PodAnswer>;
}

/** What there is of a kind, and the version to watch from. */
export interface Listed<T extends KubernetesObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export const watchEventTypes = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"] as const;

/** A change, with the object as it then was. A `BOOKMARK` is none: its object says no more than the version that a watch can go on from. */
export interface WatchEvent<T extends KubernetesObject> {
  readonly type: (typeof watchEventTypes)[number];
  readonly object: T;
}

export interface WatchFrom<T extends KubernetesObject> {
  /** The version of a list or of the last event. */
  readonly resourceVersion: string;
  /** After so many seconds the API server ends the watch. */
  readonly seconds: number;
  /** The API server has begun to answer. */
  readonly onOpen: () => void;
  readonly onEvent: (event: WatchEvent<T>) => void;
}

/** Being told of changes. Apart from {@link ClusterApi}: few need it. Both reject as its methods do. */
export interface WatchApi {
  listVersioned<T extends KubernetesObject>(
    resource: Resource<T>,
    where: ListWhere,
    options?: CallOptions,
  ): Promise<Listed<T>>;

  /**
   * Resolves when the API server ends the watch; rejects with ExpiredError when it no longer knows the version. Not repeated, and without a
   * timeout of its own: `options.signal` ends it.
   */
  watch<T extends KubernetesObject>(
    resource: Resource<T>,
    where: ListWhere,
    from: WatchFrom<T>,
    options?: Pick<CallOptions, "signal">,
  ): Promise<void>;
}

/** How much of a log's end is wanted. */
export interface LogTail {
  readonly lines: number;
  readonly bytes: number;
}

/** What pods wrote. Apart from {@link ClusterApi}: a release needs no logs. */
export interface PodLogs {
  /** The last lines that the pod's only container wrote. Rejects as the methods of {@link ClusterApi} do. */
  readLog(pod: ObjectName, tail: LogTail, options?: CallOptions): Promise<readonly string[]>;
}

export interface PodAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Changes to objects that only the present holder of the release lease may make. Each change is built from the object as
 * it is, carries its resourceVersion, and is refused with LeaseLostError once the object bears a higher fence than ours.
 * On a conflict under our own fence the object is read again and the change built anew.
 */
export interface FencedWriter {
  /**
   * @param change builds a JSON merge patch from the live object, or `undefined` when it is already as it should be.
   * @returns the object as it now is.
   */
  write<T extends KubernetesObject>(
    resource: Resource<T>,
    name: ObjectName,
    change: (live: T) => Readonly<Record<string, unknown>> | undefined,
    options?: CallOptions,
  ): Promise<T>;
}
