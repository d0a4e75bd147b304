import type {
  CallOptions,
  ClusterApi,
  DeleteOptions,
  KubernetesObject,
  Listed,
  ListWhere,
  ObjectName,
  Patch,
  PodAnswer,
  Resource,
  WatchApi,
  WatchEvent,
  WatchFrom,
} from "../../../delivery/cluster/api.ts";
import type { Clock } from "../../../delivery/release/ports.ts";
import { untilAborted } from "../../../delivery/release/until-aborted.ts";
import {
  ConflictError,
  ExpiredError,
  InvalidError,
  NotFoundError,
  UnreachableError,
} from "../../../delivery/cluster/errors.ts";

/** What a call is about, for tests that make it fail or count it. */
export interface Call {
  readonly verb: "get" | "list" | "watch" | "create" | "patch" | "delete" | "proxy";
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
  /** How many seconds a watch lasts. Without it a watch lasts until it is cut off. */
  clock: Clock | undefined;
  /** What happened, the newest last: what watches are told from. */
  #happened: Happened[] = [];
  /** Versions before it are forgotten. */
  #oldest = 0;
  readonly #watches = new Set<Watcher>();
  readonly writes: (Call & { readonly object: KubernetesObject })[] = [];

  /** Breaks every watch off. */
  cutWatches(): void {
    for (const watch of this.#watches) watch.end(new UnreachableError({ verb: "watch", target: "all" }, "cut off"));
  }

  /** Forgets what happened, as etcd does when it compacts: who watches from before has to list again. */
  forgetHistory(): void {
    this.#happened = [];
    this.#oldest = this.#version;
  }

  get watches(): number {
    return this.#watches.size;
  }

  get version(): string {
    return String(this.#version);
  }

  async watch<T extends KubernetesObject>(
    resource: Resource<T>,
    where: ListWhere,
    { resourceVersion, seconds, onOpen, onEvent }: WatchFrom<T>,
    signal: AbortSignal,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const isMeant = ({ key, event }: Happened): boolean =>
      key.startsWith(`${resource.plural}/${where.namespace}/`) && isSelected(event.object, where);
    const watcher: Watcher = {
      tell: (happened) => {
        if (isMeant(happened)) onEvent(structuredClone(happened.event) as WatchEvent<T>);
      },
      end: (error) => {
        if (error === undefined) resolve(undefined);
        else reject(error);
      },
    };
    if (Number(resourceVersion) < this.#oldest)
      throw new ExpiredError({ verb: "watch", target: resource.plural, status: 410 }, "too old resource version");
    onOpen();
    for (const happened of this.#happened) if (happened.version > Number(resourceVersion)) watcher.tell(happened);
    this.#watches.add(watcher);
    const over = new AbortController();
    const stopped = untilAborted(signal);
    this.clock?.sleep(seconds * 1000, AbortSignal.any([signal, over.signal])).then(
      () => {
        watcher.end();
      },
      () => undefined,
    );
    try {
      await Promise.race([promise, stopped.promise]);
    } finally {
      over.abort();
      stopped.forget();
      this.#watches.delete(watcher);
    }
  }

  put<T extends KubernetesObject>(resource: Resource<T>, object: T): void {
    this.#store(resource, object);
  }

  peek<T extends KubernetesObject>(resource: Resource<T>, name: ObjectName): T {
    const found = this.find(resource, name);
    if (found === undefined) throw new Error(`no ${resource.plural} ${name.name}`);
    return found;
  }

  find<T extends KubernetesObject>(resource: Resource<T>, name: ObjectName): T | undefined {
    return structuredClone(this.#objects.get(keyOf(resource, name))) as T | undefined;
  }

  /** The same API server as one process sees it. */
  client(by = "test", gate: () => Promise<void> = () => Promise.resolve()): ClusterApi & WatchApi {
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

  list(resource: Resource<KubernetesObject>, where: ListWhere): readonly KubernetesObject[] {
    return [...this.#objects]
      .filter(([key]) => key.startsWith(`${resource.plural}/${where.namespace}/`))
      .map(([, object]) => object)
      .filter((object) => isSelected(object, where))
      .map((object) => structuredClone(object));
  }

  remove(call: Call, resource: Resource<KubernetesObject>, name: ObjectName): void {
    const object = this.#objects.get(keyOf(resource, name));
    if (object === undefined) throw new NotFoundError({ ...target(call), status: 404 }, "not found");
    this.#objects.delete(keyOf(resource, name));
    this.#version += 1;
    this.#tell(keyOf(resource, name), { type: "DELETED", object });
  }

  #store(resource: Resource<KubernetesObject>, object: KubernetesObject): KubernetesObject {
    this.#version += 1;
    const version = String(this.#version);
    const versioned = { ...object, metadata: { ...object.metadata, resourceVersion: version } };
    const stored = this.stored(resource, structuredClone(versioned));
    const { namespace = "", name } = object.metadata;
    const key = keyOf(resource, { namespace, name });
    const type = this.#objects.has(key) ? "MODIFIED" : "ADDED";
    this.#objects.set(key, stored);
    this.#tell(key, { type, object: stored });
    return stored;
  }

  #tell(key: string, event: WatchEvent<KubernetesObject>): void {
    const happened = { key, version: this.#version, event };
    this.#happened.push(happened);
    for (const watch of this.#watches) watch.tell(happened);
  }
}

interface Happened {
  readonly key: string;
  readonly version: number;
  readonly event: WatchEvent<KubernetesObject>;
}

interface Watcher {
  readonly tell: (happened: Happened) => void;
  /** @param error none: the watch is over as it was asked to be */
  readonly end: (error?: Error) => void;
}

class MemoryClient implements ClusterApi, WatchApi {
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

  async list<T extends KubernetesObject>(
    resource: Resource<T>,
    where: ListWhere,
    options?: CallOptions,
  ): Promise<readonly T[]> {
    return (await this.listVersioned(resource, where, options)).items;
  }

  listVersioned<T extends KubernetesObject>(
    resource: Resource<T>,
    where: ListWhere,
    options?: CallOptions,
  ): Promise<Listed<T>> {
    const call: Call = { by: this.#by, verb: "list", plural: resource.plural, name: nameOf(where) };
    return this.#call(call, options, () => ({
      items: this.#cluster.list(resource, where) as readonly T[],
      resourceVersion: this.#cluster.version,
    }));
  }

  /** What is told to a process that is stopped waits for it, in order. */
  async watch<T extends KubernetesObject>(
    resource: Resource<T>,
    where: ListWhere,
    from: WatchFrom<T>,
    { signal = new AbortController().signal }: CallOptions = {},
  ): Promise<void> {
    const call: Call = { by: this.#by, verb: "watch", plural: resource.plural, name: nameOf(where) };
    await this.#gate();
    signal.throwIfAborted();
    await this.#orStopped(this.#cluster.before(call), { signal });
    const onEvent = (event: WatchEvent<T>): void => {
      void this.#gate().then(() => {
        if (!signal.aborted) from.onEvent(event);
      });
    };
    await this.#cluster.watch(resource, where, { ...from, onEvent }, signal);
    await this.#gate();
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
    await this.#orStopped(this.#orLate(this.#cluster.before(call), call, options), options);
    const answer = serve();
    await this.#cluster.after(call);
    await this.#gate();
    // Who has given up does not hear what was answered.
    options?.signal?.throwIfAborted();
    return answer;
  }

  /** A caller that gives a timeout does not wait longer than that. */
  async #orLate(waiting: Promise<void> | void, call: Call, options: CallOptions | undefined): Promise<void> {
    const { clock } = this.#cluster;
    if (waiting === undefined || options?.timeout === undefined || clock === undefined) return waiting;
    const over = new AbortController();
    const late = clock.sleep(options.timeout, over.signal).then(
      () => {
        throw new UnreachableError(target(call), "no answer in time");
      },
      () => undefined,
    );
    await Promise.race([waiting, late]).finally(() => {
      over.abort();
    });
  }

  /** A server that does not answer is waited for until the caller has enough. */
  async #orStopped(waiting: Promise<void> | void, options: CallOptions | undefined): Promise<void> {
    const stopped = untilAborted(options?.signal ?? new AbortController().signal);
    await Promise.race([waiting, stopped.promise]).finally(stopped.forget);
  }
}

/** Labels and the name are what is selected by. */
function isSelected({ metadata }: KubernetesObject, { selector = "", fields = "" }: ListWhere): boolean {
  const pairs = (text: string): readonly (readonly [string, string])[] =>
    text
      .split(",")
      .filter((each) => each !== "")
      .map((each) => [each.split("=")[0] ?? "", each.split("=")[1] ?? ""] as const);
  return (
    pairs(selector).every(([label, value]) => metadata.labels?.[label] === value) &&
    pairs(fields).every(([field, value]) => field !== "metadata.name" || metadata.name === value)
  );
}

function nameOf({ selector, fields }: ListWhere): string {
  return selector ?? fields?.replace("metadata.name=", "") ?? "";
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
