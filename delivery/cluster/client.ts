import { compactJson } from "../../components/json/json.ts";
import { HttpFailure, request, type HttpAnswer, type HttpStream } from "../http/request.ts";
import type { Clock } from "../release/ports.ts";
import type {
  CallOptions,
  ClusterApi,
  DeleteOptions,
  KubernetesObject,
  Listed,
  ListWhere,
  LogTail,
  ObjectName,
  Patch,
  PodAnswer,
  PodLogs,
  PodPort,
  Resource,
  WatchApi,
  WatchFrom,
} from "./api.ts";
import { untilAborted } from "../release/until-aborted.ts";
import type { Access, Connection } from "./connection.ts";
import { ClusterError, UnreachableError, type ClusterCall } from "./errors.ts";
import { parseList, parseObject, parseVersionedList, parseWatchEvent, refusal, WatchLines } from "./answers.ts";
import { RateLimit } from "./rate-limit.ts";
import { pods } from "./resources.ts";

/** Who all writes are by, for `managedFields`. */
export const fieldManager = "atom-release";

const defaultTimeout = 10_000;
/** Reads from pods a second, for all of this client: the API server carries them. */
const podReadsPerSecond = 20;
const podReadBurst = 5;
const retryPause = 100;
const loginTimeout = 60_000;

type Verb = ClusterCall["verb"];

interface Send {
  readonly verb: Verb;
  readonly method: string;
  readonly path: string;
  readonly target: string;
  /** @default "application/json" */
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: unknown;
  readonly stream?: HttpStream;
}

/** Talks to one API server over connections that it keeps. */
export class ClusterClient implements ClusterApi, PodLogs, WatchApi {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #podReads: RateLimit;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    this.#podReads = new RateLimit(clock, podReadsPerSecond, podReadBurst);
  }

  async get<T extends KubernetesObject>(resource: Resource<T>, name: ObjectName, options?: CallOptions): Promise<T> {
    const send = {
      verb: "get",
      method: "GET",
      path: objectPath(resource, name),
      target: targetOf(resource, name),
    } as const;
    return parseObject(resource, send, await this.#read(send, options));
  }

  async list<T extends KubernetesObject>(
    resource: Resource<T>,
    where: ListWhere,
    options?: CallOptions,
  ): Promise<readonly T[]> {
    return (await this.listVersioned(resource, where, options)).items;
  }

  async listVersioned<T extends KubernetesObject>(
    resource: Resource<T>,
    where: ListWhere,
    options?: CallOptions,
  ): Promise<Listed<T>> {
    const send = { verb: "list", method: "GET", ...listOf(resource, where) } as const;
    return parseVersionedList(resource, send, await this.#read(send, options));
  }

  async watch<T extends KubernetesObject>(
    resource: Resource<T>,
    where: ListWhere,
    { resourceVersion, seconds, onOpen, onEvent }: WatchFrom<T>,
    { signal }: Pick<CallOptions, "signal"> = {},
  ): Promise<void> {
    const more = { watch: "true", allowWatchBookmarks: "true", resourceVersion, timeoutSeconds: String(seconds) };
    const asked = { verb: "watch", method: "GET", ...listOf(resource, where, more) } as const;
    const lines = new WatchLines((line) => {
      onEvent(parseWatchEvent(resource, asked, line));
    });
    const onText = (text: string): void => {
      lines.read(text);
    };
    const answer = await this.#once({ ...asked, stream: { onOpen, onText } }, { signal, timeout: Infinity });
    if (answer.status !== 200) throw refusal(asked, answer);
  }

  /**
   * The metadata alone of a kind's objects, which may be large. Rejects as the methods of {@link ClusterApi} do.
   *
   * @param namespace undefined: of all namespaces
   */
  async listMetadata(
    resource: Resource<KubernetesObject>,
    { namespace, selector }: { readonly namespace: string | undefined; readonly selector: string },
    options?: CallOptions,
  ): Promise<readonly KubernetesObject[]> {
    const root = namespace === undefined ? `${rootPath(resource)}/${resource.plural}` : listPath(resource, namespace);
    const send = {
      verb: "list",
      method: "GET",
      path: `${root}?${new URLSearchParams({ labelSelector: selector }).toString()}`,
      target: `${resource.plural} ${namespace ?? "of all namespaces"} (${selector})`,
      accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    } as const;
    return parseList(resource, send, await this.#read(send, options));
  }

  async create<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: CallOptions): Promise<T> {
    const { name, namespace = "default" } = object.metadata;
    const { group, version, kind } = resource;
    const send: Send = {
      verb: "create",
      method: "POST",
      path: `${listPath(resource, namespace)}?fieldManager=${fieldManager}`,
      target: targetOf(resource, { namespace, name }),
      contentType: "application/json",
      body: { ...object, apiVersion: group === "" ? version : `${group}/${version}`, kind },
    };
    return parseObject(resource, send, await this.#once(send, options));
  }

  async patch<T extends KubernetesObject>(
    resource: Resource<T>,
    name: ObjectName,
    patch: Patch,
    options?: CallOptions,
  ): Promise<T> {
    const send: Send = {
      verb: "patch",
      method: "PATCH",
      path: `${objectPath(resource, name)}?fieldManager=${fieldManager}`,
      target: targetOf(resource, name),
      contentType: patch.type === "merge" ? "application/merge-patch+json" : "application/json-patch+json",
      body: patch.body,
    };
    return parseObject(resource, send, await this.#once(send, options));
  }

  async delete(resource: Resource<KubernetesObject>, name: ObjectName, options: DeleteOptions = {}): Promise<void> {
    const { uid, propagation = "Background", ...call } = options;
    const send: Send = {
      verb: "delete",
      method: "DELETE",
      path: objectPath(resource, name),
      target: targetOf(resource, name),
      contentType: "application/json",
      body: { propagationPolicy: propagation, ...(uid === undefined ? {} : { preconditions: { uid } }) },
    };
    const answer = await this.#once(send, call);
    if (answer.status >= 300) throw refusal(send, answer);
  }

  async readPod({ namespace, name, port }: PodPort, path: string, options: CallOptions = {}): Promise<PodAnswer> {
    const target = `pods ${namespace}/${name}:${port}${path}`;
    const proxy = `${objectPath(pods, { namespace, name: `${name}:${port}` })}/proxy`;
    const send: Send = { verb: "proxy", method: "GET", path: `${proxy}${path}`, target, accept: "*/*" };
    await this.#podReads.pass(options.signal ?? new AbortController().signal);
    const answer = await this.#once(send, options);
    // The pod's own answers carry no Status of Kubernetes.
    if (answer.status >= 400 && isStatus(answer)) throw refusal(send, answer);
    return { status: answer.status, body: answer.body };
  }

  async readLog(pod: ObjectName, { lines, bytes }: LogTail, options?: CallOptions): Promise<readonly string[]> {
    const path = `${objectPath(pods, pod)}/log?tailLines=${lines}&limitBytes=${bytes}`;
    const target = `${targetOf(pods, pod)}/log`;
    const answer = await this.#read({ verb: "get", method: "GET", path, target, accept: "*/*" }, options);
    return answer.body.split("\n").filter((line) => line !== "");
  }

  /** A read may be repeated: the first try gets half of the time, so that a connection that died in silence costs no more. */
  async #read(send: Send, options: CallOptions = {}): Promise<HttpAnswer> {
    const { timeout = defaultTimeout, signal } = options;
    const start = this.#clock.monotonic();
    for (let share = timeout / 2; ;) {
      try {
        const answer = await this.#once(send, { signal, timeout: share });
        if (answer.status >= 300) throw refusal(send, answer);
        return answer;
      } catch (error) {
        const left = timeout - (this.#clock.monotonic() - start);
        if (!(error instanceof UnreachableError) || left <= retryPause) throw error;
        await this.#clock.sleep(retryPause, signal ?? new AbortController().signal);
        share = left - retryPause;
      }
    }
  }

  async #once(send: Send, { timeout = defaultTimeout, signal }: CallOptions = {}): Promise<HttpAnswer> {
    const answer = await this.#send(send, false, timeout, signal);
    // Tokens expire; a new one may be at hand.
    return answer.status === 401 ? this.#send(send, true, timeout, signal) : answer;
  }

  /** A program that logs people in may ask them something; it must not keep a call from being called off. */
  async #login(anew: boolean, signal: AbortSignal | undefined): Promise<Access> {
    const limit = AbortSignal.timeout(loginTimeout);
    const stopped = untilAborted(signal === undefined ? limit : AbortSignal.any([signal, limit]));
    try {
      return await Promise.race([this.#connection.access(anew), stopped.promise]);
    } finally {
      stopped.forget();
    }
  }

  async #send(send: Send, anew: boolean, timeoutMs: number, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    const { verb, target, method, path, accept = "application/json", contentType, body, stream } = send;
    try {
      const { server, headers, agent } = await this.#login(anew, signal);
      return await request({
        url: new URL(`${server.pathname.replace(/\/$/, "")}${path}`, server),
        method,
        headers: {
          ...headers,
          accept,
          "user-agent": fieldManager,
          ...(contentType === undefined ? {} : { "content-type": contentType }),
        },
        ...(body === undefined ? {} : { body: compactJson(body) }),
        timeoutMs,
        maxBytes: verb === "list" ? 64 * 1024 * 1024 : 4 * 1024 * 1024,
        agent,
        signal,
        stream,
      });
    } catch (error) {
      signal?.throwIfAborted();
      // What a watch says itself.
      if (error instanceof ClusterError) throw error;
      const detail = error instanceof HttpFailure ? error.message : `cannot log in (${(error as Error).message})`;
      throw new UnreachableError({ verb, target }, detail, { cause: error });
    }
  }
}

function rootPath({ group, version }: Resource<KubernetesObject>): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}

function listPath(resource: Resource<KubernetesObject>, namespace: string): string {
  return `${rootPath(resource)}/namespaces/${encodeURIComponent(namespace)}/${resource.plural}`;
}

/** Which objects of a kind, as a path and in words. */
function listOf(
  resource: Resource<KubernetesObject>,
  { namespace, selector, fields }: ListWhere,
  more: Readonly<Record<string, string>> = {},
): { readonly path: string; readonly target: string } {
  const which = [selector, fields].filter((each) => each !== undefined).map((each) => `(${each})`);
  const query = new URLSearchParams({
    ...(selector !== undefined && { labelSelector: selector }),
    ...(fields !== undefined && { fieldSelector: fields }),
    ...more,
  });
  return {
    target: [`${resource.plural} ${namespace}`, ...which].join(" "),
    path: listPath(resource, namespace) + (query.size === 0 ? "" : `?${query.toString()}`),
  };
}

function objectPath(resource: Resource<KubernetesObject>, { namespace, name }: ObjectName): string {
  return `${listPath(resource, namespace)}/${encodeURIComponent(name)}`;
}

function targetOf({ plural }: Resource<KubernetesObject>, { namespace, name }: ObjectName): string {
  return `${plural} ${namespace}/${name}`;
}

function isStatus({ contentType, body }: HttpAnswer): boolean {
  return contentType.startsWith("application/json") && body.includes('"kind":"Status"');
}
