import type {
  CallOptions,
  ClusterApi,
  DeleteOptions,
  KubernetesObject,
  ObjectName,
  Patch,
  PodAnswer,
  Resource,
} from "../../../delivery/cluster/api.ts";
import { untilAborted } from "../../../delivery/release/until-aborted.ts";
import { ConflictError, InvalidError, NotFoundError, UnreachableError } from "../../../delivery/cluster/errors.ts";

/** What a call is about, for tests that make it fail or count it. */
export interface Call {
  readonly verb: "get" | "list" | "create" | "patch" | "delete" | "proxy";
  readonly plural: string;
  readonly name: string;
  /** Who calls. */
  readonly by: string;
}

/** An API server in memory: versions, merge patches with preconditions, and failures on demand. */
export class MemoryCluster {
  readonly #objects = new Map<string, KubernetesObject>();
  #version = 0;
  /** Throws, or waits, before a call is served. */
  before: (call: Call) => Promise<void> | void = () => undefined;
  /** The same once it is served: what it throws is an answer that got lost. */
  after: (call: Call) => Promise<void> | void = () => undefined;
  /** Told of each object that was stored; may change it further, as a controller does. */
  stored: (resource: Resource<KubernetesObject>, object: KubernetesObject) => KubernetesObject = (_, object) => object;
  readonly writes: (Call & { readonly object: KubernetesObject })[] = [];

  put<T extends KubernetesObject>(resource: Resource<T>, object: T): void {
    this.#store(resource, object);
  }

  peek<T extends KubernetesObject>(resource: Resource<T>, name: ObjectName): T {
    const found = this.#objects.get(keyOf(resource, name));
    if (found === undefined) throw new Error(`no ${resource.plural} ${name.name}`);
    return structuredClone(found) as T;
  }

  /** The same API server as one process sees it. */
  client(by = "test", gate: () => Promise<void> = () => Promise.resolve()): ClusterApi {
    return new MemoryClient(this, by, gate);
  }

  serve(call: Call, resource: Resource<KubernetesObject>, name: ObjectName, patch?: Patch): KubernetesObject {
    const live = this.#objects.get(keyOf(resource, name));
    if (live === undefined) throw new NotFoundError({ ...target(call), status: 404 }, "not found");
    if (patch === undefined) return structuredClone(live);
    if (patch.type !== "merge") throw new InvalidError({ ...target(call), status: 415 }, "only merge patches");
    const wanted = (patch.body.metadata as { resourceVersion?: string } | undefined)?.resourceVersion;
    if (wanted !== undefined && wanted !== live.metadata.resourceVersion)
      throw new ConflictError({ ...target(call), status: 409 }, "the object has been modified");
    const merged = merge(live, patch.body) as KubernetesObject;
    const object = this.#store(resource, merged);
    this.writes.push({ ...call, object });
    return structuredClone(object);
  }

  create(call: Call, resource: Resource<KubernetesObject>, object: KubernetesObject): KubernetesObject {
    const name = { namespace: object.metadata.namespace ?? "", name: object.metadata.name };
    if (this.#objects.has(keyOf(resource, name)))
      throw new ConflictError({ ...target(call), status: 409 }, "already exists");
    const stored = this.#store(resource, object);
    this.writes.push({ ...call, object: stored });
    return structuredClone(stored);
  }

  list(resource: Resource<KubernetesObject>, namespace: string, selector = ""): readonly KubernetesObject[] {
    const wanted = selector.split(",").filter((each) => each !== "");
    return [...this.#objects]
      .filter(([key]) => key.startsWith(`${resource.plural}/${namespace}/`))
      .map(([, object]) => object)
      .filter(({ metadata }) =>
        wanted.every((each) => metadata.labels?.[each.split("=")[0] ?? ""] === each.split("=")[1]),
      )
      .map((object) => structuredClone(object));
  }

  remove(call: Call, resource: Resource<KubernetesObject>, name: ObjectName): void {
    if (!this.#objects.delete(keyOf(resource, name)))
      throw new NotFoundError({ ...target(call), status: 404 }, "not found");
  }

  #store(resource: Resource<KubernetesObject>, object: KubernetesObject): KubernetesObject {
    this.#version += 1;
    const version = String(this.#version);
    const versioned = { ...object, metadata: { ...object.metadata, resourceVersion: version } };
    const stored = this.stored(resource, structuredClone(versioned));
    const { namespace = "", name } = object.metadata;
    this.#objects.set(keyOf(resource, { namespace, name }), stored);
    return stored;
  }
}

class MemoryClient implements ClusterApi {
  readonly #cluster: MemoryCluster;
  readonly #by: string;
  readonly #gate: () => Promise<void>;

  constructor(cluster: MemoryCluster, by: string, gate: () => Promise<void>) {
    this.#cluster = cluster;
    this.#by = by;
    this.#gate = gate;
  }

  get<T extends KubernetesObject>(resource: Resource<T>, name: ObjectName, options?: CallOptions): Promise<T> {
    const call: Call = { by: this.#by, verb: "get", plural: resource.plural, name: name.name };
    return this.#call(call, options, () => this.#cluster.serve(call, resource, name) as T);
  }

  list<T extends KubernetesObject>(
    resource: Resource<T>,
    { namespace, selector }: { readonly namespace: string; readonly selector?: string },
    options?: CallOptions,
  ): Promise<readonly T[]> {
    const call: Call = { by: this.#by, verb: "list", plural: resource.plural, name: selector ?? "" };
    return this.#call(call, options, () => this.#cluster.list(resource, namespace, selector) as readonly T[]);
  }

  create<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: CallOptions): Promise<T> {
    const call: Call = { by: this.#by, verb: "create", plural: resource.plural, name: object.metadata.name };
    return this.#call(call, options, () => this.#cluster.create(call, resource, object) as T);
  }

  patch<T extends KubernetesObject>(
    resource: Resource<T>,
    name: ObjectName,
    patch: Patch,
    options?: CallOptions,
  ): Promise<T> {
    const call: Call = { by: this.#by, verb: "patch", plural: resource.plural, name: name.name };
    return this.#call(call, options, () => this.#cluster.serve(call, resource, name, patch) as T);
  }

  delete(resource: Resource<KubernetesObject>, name: ObjectName, options?: DeleteOptions): Promise<void> {
    const call: Call = { by: this.#by, verb: "delete", plural: resource.plural, name: name.name };
    return this.#call(call, options, () => {
      this.#cluster.remove(call, resource, name);
    });
  }

  readPod(pod: ObjectName): Promise<PodAnswer> {
    return Promise.reject(new UnreachableError({ verb: "proxy", target: pod.name }, "there are no pods in memory"));
  }

  async #call<T>(call: Call, options: CallOptions | undefined, serve: () => T): Promise<T> {
    await this.#gate();
    options?.signal?.throwIfAborted();
    await this.#orStopped(this.#cluster.before(call), options);
    const answer = serve();
    await this.#cluster.after(call);
    await this.#gate();
    // Who has given up does not hear what was answered.
    options?.signal?.throwIfAborted();
    return answer;
  }

  /** A server that does not answer is waited for until the caller has enough. */
  async #orStopped(waiting: Promise<void> | void, options: CallOptions | undefined): Promise<void> {
    const stopped = untilAborted(options?.signal ?? new AbortController().signal);
    await Promise.race([waiting, stopped.promise]).finally(stopped.forget);
  }
}

function keyOf({ plural }: Resource<KubernetesObject>, { namespace, name }: ObjectName): string {
  return `${plural}/${namespace}/${name}`;
}

function target({ verb, plural, name }: Call): { readonly verb: Call["verb"]; readonly target: string } {
  return { verb, target: `${plural} ${name}` };
}

/** A JSON merge patch (RFC 7396). */
function merge(live: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const from = typeof live === "object" && live !== null && !Array.isArray(live) ? live : {};
  const result = new Map<string, unknown>(Object.entries(from));
  for (const [key, value] of Object.entries(patch))
    if (value === null) result.delete(key);
    else result.set(key, merge(result.get(key), value));
  return Object.fromEntries(result);
}
