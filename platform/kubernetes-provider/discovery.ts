import { isNotFound, type ApiClient } from "./api-client.ts";
import { asObjects, asString } from "./json.ts";

/** How the API server serves a kind. */
export interface ResourceType {
  readonly apiVersion: string;
  readonly kind: string;
  /** The name in URLs, e.g. "deployments". */
  readonly plural: string;
  readonly namespaced: boolean;
}

/** The API server serves no such kind: its CustomResourceDefinition is not installed (yet), or the name is wrong. */
export class UnknownKindError extends Error {
  override readonly name = "UnknownKindError";

  constructor(apiVersion: string, kind: string) {
    super(
      `the Kubernetes API server knows no kind ${apiVersion} ${kind}; if it is a custom resource, check that its CustomResourceDefinition is installed`,
    );
  }
}

/** The address of one object, or of all objects of a type where no name is given. */
export function resourcePath(type: ResourceType, namespace: string, name?: string): string {
  const group = type.apiVersion.includes("/") ? `/apis/${type.apiVersion}` : `/api/${type.apiVersion}`;
  const scope = type.namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${group}${scope}/${type.plural}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;
}

/** Finds how kinds are served. What was found is kept; what was not is asked for again, as a CRD may have been installed meanwhile. */
export class Discovery {
  readonly #client: ApiClient;
  readonly #groups = new Map<string, Promise<ResourceType[]>>();

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** The type of a kind, or undefined when the API server does not serve it. */
  async find(apiVersion: string, kind: string): Promise<ResourceType | undefined> {
    const find = async (): Promise<ResourceType | undefined> =>
      (await this.#group(apiVersion)).find((type) => type.kind === kind);
    const cached = this.#groups.has(apiVersion);
    const found = await find();
    if (found !== undefined || !cached) return found;
    this.#groups.delete(apiVersion);
    return find();
  }

  /** As {@link find}, but throws an {@link UnknownKindError}. */
  async get(apiVersion: string, kind: string): Promise<ResourceType> {
    const type = await this.find(apiVersion, kind);
    if (type === undefined) throw new UnknownKindError(apiVersion, kind);
    return type;
  }

  #group(apiVersion: string): Promise<ResourceType[]> {
    const known = this.#groups.get(apiVersion);
    if (known !== undefined) return known;
    const group = this.#fetch(apiVersion);
    this.#groups.set(apiVersion, group);
    // Only a whole answer is worth keeping.
    group.then(
      (types) => types.length === 0 && this.#groups.delete(apiVersion),
      () => this.#groups.delete(apiVersion),
    );
    return group;
  }

  async #fetch(apiVersion: string): Promise<ResourceType[]> {
    const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    try {
      const list = await this.#client.json({ method: "GET", path });
      return asObjects(list.resources)
        .filter((resource) => !asString(resource.name).includes("/"))
        .map((resource) => ({
          apiVersion,
          kind: asString(resource.kind),
          plural: asString(resource.name),
          namespaced: resource.namespaced === true,
        }));
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  }
}
