import type { HttpAnswer } from "../http/request.ts";
import type { KubernetesObject, Resource } from "./api.ts";
import {
  ClusterError,
  ConflictError,
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
  const value = parse(asked, answer);
  const items = typeof value === "object" && value !== null && "items" in value ? value.items : undefined;
  // Go writes an empty list as null.
  if (items === null) return [];
  if (!Array.isArray(items) || !items.every((item) => isOf(resource, item))) throw garbled(asked, answer);
  return items;
}

function parse(asked: Asked, answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.body);
  } catch {
    throw garbled(asked, answer);
  }
}

function isOf<T extends KubernetesObject>(_resource: Resource<T>, value: unknown): value is T {
  if (typeof value !== "object" || value === null || !("metadata" in value)) return false;
  const { metadata } = value;
  return typeof metadata === "object" && metadata !== null && "name" in metadata && typeof metadata.name === "string";
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
