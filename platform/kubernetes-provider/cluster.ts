import type { ApiClient } from "./api-client.ts";
import { Discovery, resourcePath, type ResourceType } from "./discovery.ts";
import { asObjects, type Json, type JsonObject } from "./json.ts";
import { apiVersionOf, kindOf, nameOf, namespaceOf } from "./kubernetes-object.ts";

/** Which object: as much of one as its address needs. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface WriteOptions {
  readonly fieldManager: string;
  /** Have the API server check and compute everything and store nothing. */
  readonly dryRun: boolean;
}

export interface ApplyOptions extends WriteOptions {
  /** Take fields that another manager owns, instead of failing with a conflict. */
  readonly force: boolean;
}

const DEFAULT_NAMESPACE = "default";

export function referenceTo(object: JsonObject): ObjectReference {
  return {
    apiVersion: apiVersionOf(object),
    kind: kindOf(object),
    namespace: namespaceOf(object),
    name: nameOf(object),
  };
}

function writeQuery({ fieldManager, dryRun }: WriteOptions): Record<string, string> {
  return { fieldManager, ...(dryRun ? { dryRun: "All" } : {}) };
}

/** The objects of a cluster: one verb of the Kubernetes API a method. All throw ApiError, ApiUnreachableError or UnknownKindError. */
export class Cluster {
  readonly #client: ApiClient;
  readonly #discovery: Discovery;

  constructor(client: ApiClient) {
    this.#client = client;
    this.#discovery = new Discovery(client);
  }

  /** How a kind is served, or undefined when the cluster does not know it. */
  findType(apiVersion: string, kind: string): Promise<ResourceType | undefined> {
    return this.#discovery.find(apiVersion, kind);
  }

  async get(reference: ObjectReference, signal?: AbortSignal): Promise<JsonObject> {
    const path = await this.#path(reference);
    return this.#client.json({ method: "GET", path, ...(signal && { signal }) });
  }

  /** The objects of a kind in a namespace. Items of a list carry no kind of their own; it is put back. */
  async list(
    reference: Omit<ObjectReference, "name">,
    labelSelector: string,
    signal?: AbortSignal,
  ): Promise<JsonObject[]> {
    const { apiVersion, kind, namespace } = reference;
    const type = await this.#discovery.get(apiVersion, kind);
    const path = resourcePath(type, namespace || DEFAULT_NAMESPACE);
    const list = await this.#client.json({ method: "GET", path, query: { labelSelector }, ...(signal && { signal }) });
    return asObjects(list.items).map((item) => ({ apiVersion, kind, ...item }));
  }

  /** Fails with "AlreadyExists" where the object does. */
  async create(object: JsonObject, options: WriteOptions): Promise<JsonObject> {
    const { namespace, apiVersion, kind } = referenceTo(object);
    const type = await this.#discovery.get(apiVersion, kind);
    const path = resourcePath(type, namespace || DEFAULT_NAMESPACE);
    return this.#client.json({ method: "POST", path, query: writeQuery(options), body: object });
  }

  /** Server-side apply: makes the object if there is none; fails with "Conflict" over another manager's field. */
  async apply(object: JsonObject, options: ApplyOptions): Promise<JsonObject> {
    const query = { ...writeQuery(options), force: String(options.force) };
    return this.#patch(referenceTo(object), object, "application/apply-patch+yaml", query);
  }

  /** Replaces the object as a whole; it must carry the resourceVersion that it replaces. */
  async replace(object: JsonObject, options: WriteOptions): Promise<JsonObject> {
    const path = await this.#path(referenceTo(object));
    return this.#client.json({ method: "PUT", path, query: writeQuery(options), body: object });
  }

  /** Rewrites the record of who owns which field, and nothing else. */
  async setManagedFields(reference: ObjectReference, entries: JsonObject[]): Promise<JsonObject> {
    const patch: Json = [{ op: "replace", path: "/metadata/managedFields", value: entries }];
    return this.#patch(reference, patch, "application/json-patch+json", {});
  }

  async delete(reference: ObjectReference, propagationPolicy: string): Promise<void> {
    const path = await this.#path(reference);
    await this.#client.json({ method: "DELETE", path, body: { propagationPolicy } });
  }

  /** The last lines of a container's log; those of its previous run when `previous`. */
  async log(
    namespace: string,
    pod: string,
    query: { container: string; tailLines: number; previous: boolean },
  ): Promise<string> {
    const path = await this.#path({ apiVersion: "v1", kind: "Pod", namespace, name: pod });
    const { container, tailLines, previous } = query;
    return this.#client.text({
      method: "GET",
      path: `${path}/log`,
      query: { container, tailLines: String(tailLines), previous: String(previous) },
    });
  }

  async #patch(reference: ObjectReference, body: Json, contentType: string, query: Record<string, string>) {
    return this.#client.json({ method: "PATCH", path: await this.#path(reference), query, body, contentType });
  }

  async #path({ apiVersion, kind, namespace, name }: ObjectReference): Promise<string> {
    const type = await this.#discovery.get(apiVersion, kind);
    return resourcePath(type, namespace || DEFAULT_NAMESPACE, name);
  }
}
