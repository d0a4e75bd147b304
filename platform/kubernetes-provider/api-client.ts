import http from "node:http";
import https from "node:https";
import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { asObject, asString, isObject, type Json, type JsonObject } from "./json.ts";

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /** @default "application/json" */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** The API server answered with an error. `status` is its own account of it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: number;
  /** Kubernetes' word for it, e.g. "NotFound", "AlreadyExists", "Conflict", "Invalid". */
  readonly reason: string;
  readonly status: JsonObject;

  constructor(code: number, status: JsonObject) {
    super(asString(status.message) || `the API server answered ${code}`);
    this.code = code;
    this.reason = asString(status.reason);
    this.status = status;
  }

  /** The kind of the object that the error is about, e.g. "namespaces" when an object's namespace is missing. */
  get subject(): string {
    return asString(asObject(this.status.details).kind);
  }
}

/** No answer came: the address, the network or the credentials' helper is at fault, not the request. */
export class ApiUnreachableError extends Error {
  override readonly name = "ApiUnreachableError";

  constructor(server: string, cause: unknown) {
    super(
      `cannot reach the Kubernetes API server ${server}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}

export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 404;
}

const REQUEST_TIMEOUT_MS = 60_000;

function parse(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : { message: text };
  } catch {
    return { message: text };
  }
}

/** Requests to one API server with the credentials of a kubeconfig. Connections are kept, so that a poll costs no new handshake. */
export class ApiClient {
  readonly #kubeConfig: KubeConfig;
  readonly #server: URL;
  readonly #agent: http.Agent;
  readonly #proxied: boolean;

  /** Throws when the kubeconfig's current context names no cluster. */
  constructor(kubeConfig: KubeConfig) {
    const cluster = kubeConfig.getCurrentCluster();
    if (cluster === null) {
      throw new Error(`the kubeconfig's context "${kubeConfig.getCurrentContext()}" names no cluster`);
    }
    this.#kubeConfig = kubeConfig;
    this.#server = new URL(cluster.server);
    this.#proxied = cluster.proxyUrl !== undefined;
    const Agent = this.#server.protocol === "http:" ? http.Agent : https.Agent;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 16 });
  }

  /** The answer as JSON. Throws an {@link ApiError} or an {@link ApiUnreachableError}. */
  async json(request: ApiRequest): Promise<JsonObject> {
    return parse(await this.text(request));
  }

  /** The answer as it came, e.g. a log. Throws as {@link json} does. */
  async text(request: ApiRequest): Promise<string> {
    const { code, body } = await this.#send(request);
    if (code >= 400) throw new ApiError(code, parse(body));
    return body;
  }

  async #send(request: ApiRequest): Promise<{ code: number; body: string }> {
    try {
      return await this.#exchange(request);
    } catch (error) {
      request.signal?.throwIfAborted();
      // A kept connection may have been closed by the server meanwhile; a GET is safe to send again, on a new one.
      const reset = error instanceof Error && "code" in error && error.code === "ECONNRESET";
      if (!reset || request.method !== "GET") throw new ApiUnreachableError(this.#server.origin, error);
    }
    try {
      return await this.#exchange(request);
    } catch (error) {
      throw new ApiUnreachableError(this.#server.origin, error);
    }
  }

  async #options(request: ApiRequest): Promise<https.RequestOptions> {
    const options: https.RequestOptions = {
      method: request.method,
      headers: { accept: "application/json, */*", "user-agent": "atom-kubernetes-provider-stand-in" },
      timeout: REQUEST_TIMEOUT_MS,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    };
    await this.#kubeConfig.applyToHTTPSOptions(options);
    if (!this.#proxied) options.agent = this.#agent;
    return options;
  }

  async #exchange(request: ApiRequest): Promise<{ code: number; body: string }> {
    const options = await this.#options(request);
    const url = new URL(this.#server.pathname.replace(/\/$/, "") + request.path, this.#server);
    url.search = new URLSearchParams(request.query).toString();
    const send = url.protocol === "http:" ? http.request : https.request;
    const { promise, resolve, reject } = Promise.withResolvers<{ code: number; body: string }>();
    const outgoing = send(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ code: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.on("error", reject);
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${REQUEST_TIMEOUT_MS / 1000} s`)));
    if (request.body === undefined) {
      outgoing.end();
    } else {
      const body = Buffer.from(JSON.stringify(request.body));
      outgoing.setHeader("content-type", request.contentType ?? "application/json");
      // Node frames the body of a DELETE by no means of its own.
      outgoing.setHeader("content-length", body.length);
      outgoing.end(body);
    }
    return promise;
  }
}
