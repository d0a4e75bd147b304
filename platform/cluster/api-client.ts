import https from "node:https";

export interface ApiClientOptions {
  /** URL of the API server. */
  readonly server: string;
  /** Certificates, as node:https takes them. */
  readonly tls: Pick<https.RequestOptions, "ca" | "cert" | "key" | "rejectUnauthorized" | "servername">;
  /** Sent with every request, such as a bearer token. @default none */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiRequest {
  readonly method: "GET" | "PATCH" | "POST" | "DELETE";
  /** Path with query. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  /** @default 30,000 */
  readonly timeoutMs?: number;
}

export interface ApiResponse {
  readonly status: number;
  readonly text: string;
}

/** Plain requests to an API server over connections that are kept. Rejects where there is no answer; a refusal is an answer. */
export class ApiClient implements Disposable {
  readonly #server: URL;
  readonly #tls: ApiClientOptions["tls"];
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: https.Agent;

  constructor({ server, tls, headers = {} }: ApiClientOptions) {
    this.#server = new URL(server);
    this.#tls = tls;
    this.#headers = headers;
    this.#agent = new https.Agent({ keepAlive: true });
  }

  request({ method, path, body, contentType, accept, timeoutMs = 30_000 }: ApiRequest): Promise<ApiResponse> {
    return new Promise((resolve, reject) => {
      const request = https.request(
        new URL(path, this.#server),
        {
          ...this.#tls,
          method,
          agent: this.#agent,
          signal: AbortSignal.timeout(timeoutMs),
          headers: {
            ...this.#headers,
            accept: accept ?? "application/json",
            ...(body === undefined
              ? {}
              : { "content-type": contentType ?? "application/json", "content-length": Buffer.byteLength(body) }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.once("error", reject);
          response.once("end", () => {
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
          });
        },
      );
      request.once("error", reject);
      request.end(body);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
