import type {
  ClusterApi,
  FencedWriter,
  KubernetesObject,
  ObjectName,
  Resource,
} from "../../../delivery/cluster/api.ts";

interface Written {
  readonly kind: string;
  readonly name: string;
  readonly patch: Readonly<Record<string, unknown>>;
}

/** Objects by kind and name, and every patch that was made to them. */
export class FakeCluster implements FencedWriter, Pick<ClusterApi, "get"> {
  readonly #objects = new Map<string, KubernetesObject>();
  readonly written: Written[] = [];
  /** Told of each patch once it is stored. */
  onWrite: (written: Written) => void = () => undefined;

  put(resource: Resource<KubernetesObject>, object: KubernetesObject): void {
    this.#objects.set(`${resource.kind}/${object.metadata.name}`, object);
  }

  get<T extends KubernetesObject>(resource: Resource<T>, { name }: ObjectName): Promise<T> {
    const found = this.#objects.get(`${resource.kind}/${name}`);
    // What was put under a kind is of that kind's type.
    return found === undefined ? Promise.reject(new Error(`no ${resource.kind} ${name}`)) : Promise.resolve(found as T);
  }

  async write<T extends KubernetesObject>(
    resource: Resource<T>,
    name: ObjectName,
    change: (live: T) => Readonly<Record<string, unknown>> | undefined,
  ): Promise<T> {
    const live = await this.get(resource, name);
    const patch = change(live);
    if (patch === undefined) return live;
    const stored = merge(live, patch) as T;
    this.#objects.set(`${resource.kind}/${name.name}`, stored);
    const written = { kind: resource.kind, name: name.name, patch };
    this.written.push(written);
    this.onWrite(written);
    return stored;
  }
}

/** A JSON merge patch (RFC 7396). */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = merge(result[key], value);
  }
  return result;
}
