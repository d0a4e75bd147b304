import { HttpFailure, type HttpAnswer } from "../http/request.ts";
import { watchEventTypes, type KubernetesObject, type Listed, type Resource, type WatchEvent } from "./api.ts";
import {
  ClusterError,
  ConflictError,
  ExpiredError,
  ForbiddenError,
  InvalidError,
  NotFoundError,
  UnreachableError,
  type ClusterCall,
} from "./errors.ts";

type Asked = Pick<ClusterCall, "verb" | "target">;

/** The error that an answer of 300 or above amounts to, with the API server's own words. */
export function refusal({ verb, target }: Asked, answer: HttpAnswer): ClusterError {
  const { status } = answer;
  const call = { verb, target, status };
  const detail = `${status}: ${messageIn(answer.body)}`;
  if (status === 404) return new NotFoundError(call, detail);
  if (status === 409) return new ConflictError(call, detail);
  if (status === 410) return new ExpiredError(call, detail);
  if (status === 401 || status === 403) return new ForbiddenError(call, detail);
  if (status === 400 || status === 413 || status === 415 || status === 422) return new InvalidError(call, detail);
  if (status === 429 || status >= 500) return new UnreachableError(call, detail);
  return new ClusterError(call, detail);
}

/** The object that was answered, as far as it is one: what is in it is the API server's promise. */
export function parseObject<T extends KubernetesObject>(resource: Resource<T>, asked: Asked, answer: HttpAnswer): T {
  if (answer.status >= 300) throw refusal(asked, answer);
  const value = parse(asked, answer);
  if (!isOf(resource, value)) throw garbled(asked, answer);
  return value;
}

export function parseList<T extends KubernetesObject>(
  resource: Resource<T>,
  asked: Asked,
  answer: HttpAnswer,
): readonly T[] {
  return parseVersionedList(resource, asked, answer).items;
}

/** A list, and the version of all that it shows: a watch goes on from there. */
export function parseVersionedList<T extends KubernetesObject>(
  resource: Resource<T>,
  asked: Asked,
  answer: HttpAnswer,
): Listed<T> {
  const value = parse(asked, answer);
  const list = typeof value === "object" && value !== null ? (value as Partial<ListAnswer>) : {};
  const version = list.metadata?.resourceVersion;
  const resourceVersion = typeof version === "string" ? version : "";
  // Go writes an empty list as null.
  if (list.items === null) return { items: [], resourceVersion };
  if (!Array.isArray(list.items) || !list.items.every((item) => isOf(resource, item))) throw garbled(asked, answer);
  return { items: list.items, resourceVersion };
}

interface ListAnswer {
  readonly metadata: { readonly resourceVersion?: unknown } | undefined;
  readonly items: unknown;
}

/** More than any object that etcd keeps, as text, in characters: a line that is longer is none. */
const longestLine = 8 * 1024 * 1024;

/** Puts the pieces in which a watch comes together to its lines. */
export class WatchLines {
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Throws an HttpFailure for a line without an end, and what `onLine` throws. */
  read(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > longestLine)
      throw new HttpFailure("too_large", `a line of a watch has more than ${longestLine} characters`);
    for (const line of lines) if (line !== "") this.#onLine(line);
  }
}

/** The API server's line of a watch. Throws an ExpiredError or another ClusterError for one that says that the watch is over. */
export function parseWatchEvent<T extends KubernetesObject>(
  resource: Resource<T>,
  asked: Asked,
  line: string,
): WatchEvent<T> {
  const answer = { status: 200, contentType: "application/json", body: line };
  const value = parse(asked, answer) as { readonly type?: unknown; readonly object?: unknown } | null;
  if (value?.type === "ERROR") {
    const { code } = (value.object ?? {}) as { readonly code?: unknown };
    const status = typeof code === "number" ? code : 500;
    throw refusal(asked, { ...answer, status, body: JSON.stringify(value.object) });
  }
  const type = watchEventTypes.find((known) => known === value?.type);
  // A bookmark's object has a version and nothing else.
  if (type === undefined || !isOf(resource, value?.object, type === "BOOKMARK")) throw garbled(asked, answer);
  return { type, object: value.object };
}

function parse(asked: Asked, answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.body);
  } catch {
    throw garbled(asked, answer);
  }
}

function isOf<T extends KubernetesObject>(_resource: Resource<T>, value: unknown, nameless = false): value is T {
  if (typeof value !== "object" || value === null || !("metadata" in value)) return false;
  const { metadata } = value;
  if (typeof metadata !== "object" || metadata === null) return false;
  return nameless || ("name" in metadata && typeof metadata.name === "string");
}

/** A proxy's page, or half an answer: as good as none. */
function garbled({ verb, target }: Asked, { status, body }: HttpAnswer): UnreachableError {
  return new UnreachableError(
    { verb, target, status },
    `the answer is no Kubernetes object: ${JSON.stringify(body.slice(0, 80))}`,
  );
}

function messageIn(body: string): string {
  try {
    const status = JSON.parse(body) as { readonly message?: unknown };
    if (typeof status.message === "string" && status.message !== "") return status.message;
  } catch {
    // Not from the API server itself.
  }
  return body.trim().slice(0, 200) || "no message";
}
