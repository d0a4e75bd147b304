import http from "node:http";
import https from "node:https";
import { StringDecoder } from "node:string_decoder";
import { cutText } from "../../components/text/cut.ts";
import { startTimer } from "../clock/timer.ts";

/** Why a request got no whole answer. An answer of any status is an answer, and not a failure. */
export type HttpFailureKind =
  /** The address refused the connection: nothing listens there. */
  | "refused"
  /** The name or address could not be reached: DNS, routing. */
  | "unreachable"
  /** The certificate was not accepted, or the other side does not speak TLS. */
  | "tls"
  /** The deadline passed before the answer was whole. */
  | "timeout"
  /** The connection broke before the answer was whole. */
  | "interrupted"
  /** The body is larger than the caller allows. */
  | "too_large";

/** A request that got no whole answer. Its message names the place without query or credentials, and never a header or a body. */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";
  readonly kind: HttpFailureKind;
  /** Private, so that nothing that prints the error shows them. */
  readonly #headers: http.IncomingHttpHeaders | undefined;

  constructor(
    kind: HttpFailureKind,
    message: string,
    { headers, ...options }: ErrorOptions & { readonly headers?: http.IncomingHttpHeaders | undefined } = {},
  ) {
    super(cutText(message), options);
    this.kind = kind;
    this.#headers = headers;
  }

  /** Of the answer that was not whole; `undefined` where none began. */
  get headers(): http.IncomingHttpHeaders | undefined {
    return this.#headers;
  }
}

export interface HttpRequest {
  /** `http:` or `https:`. */
  readonly url: URL;
  /** @default "GET" */
  readonly method?: string;
  /** `host` may differ from the URL's, for a gateway that is reached by its address. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** The time for everything, from connecting to the last byte, in milliseconds. */
  readonly timeoutMs: number;
  /** The largest body that is accepted, in bytes. @default 4 MiB */
  readonly maxBytes?: number;
  /** Keeps connections between requests. @default a connection for this request alone */
  readonly agent?: http.Agent | undefined;
  /** Ends the request; the promise rejects with the signal's reason. @default never */
  readonly signal?: AbortSignal | undefined;
  /** Takes the body of an answer with status 200 as it comes; `maxBytes` does not count then, and the answer's own body is empty. */
  readonly stream?: HttpStream | undefined;
}

export interface HttpStream {
  /** The answer began, with status 200. */
  readonly onOpen: () => void;
  /** An error that it throws ends the request with that error. */
  readonly onText: (text: string) => void;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  /** By their names in lower case. @default none */
  readonly headers?: http.IncomingHttpHeaders;
  /** Decoded as UTF-8. */
  readonly body: string;
}

const defaultMaxBytes = 4 * 1024 * 1024;

/** What connections that are kept need to know. */
export interface ConnectionOptions {
  /** PEM of the authorities to trust for `https:`. @default Node's own */
  readonly ca?: string | undefined;
  /** @default 8 */
  readonly maxSockets?: number;
}

/** Connections for one place, kept alive until `destroy()`. */
export function connectionsTo(url: URL, { ca, maxSockets = 8 }: ConnectionOptions = {}): http.Agent {
  return url.protocol === "https:"
    ? new https.Agent({ keepAlive: true, maxSockets, ...(ca === undefined ? {} : { ca }) })
    : new http.Agent({ keepAlive: true, maxSockets });
}

/**
 * Sends one request and reads the whole answer within its deadline. Follows no redirect: a redirect is an answer, and whoever
 * holds a token decides where it goes. Throws {@link HttpFailure}, or the signal's reason.
 */
export function request(options: HttpRequest): Promise<HttpAnswer> {
  const { url, method = "GET", headers = {}, body, timeoutMs, maxBytes = defaultMaxBytes, agent, signal } = options;
  const place = `${method} ${url.protocol}//${url.host}${url.pathname}`;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortReason(signal));
      return;
    }
    const send = url.protocol === "https:" ? https.request : http.request;
    const outgoing = send(url, {
      method,
      // Without an agent Node keeps the connection in its global pool, where it would outlive the caller.
      agent: agent ?? false,
      headers: {
        ...Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
        ),
        ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
      },
    });
    /** Headers of the answer, once it has begun. */
    let begun: http.IncomingHttpHeaders | undefined;
    let settled = false;
    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      stopTimer();
      signal?.removeEventListener("abort", onAbort);
      finish();
    };
    const fail = (error: Error): void => {
      settle(() => {
        reject(error);
      });
      outgoing.destroy();
    };
    const onAbort = (): void => {
      fail(abortReason(signal));
    };
    const stopTimer = startTimer(timeoutMs, () => {
      fail(new HttpFailure("timeout", `${place}: no whole answer within ${timeoutMs} ms`, { headers: begun }));
    });
    signal?.addEventListener("abort", onAbort, { once: true });

    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      fail(describe(place, error));
    });
    // A 101: without a listener Node drops the connection and says nothing.
    outgoing.on("upgrade", () => {
      fail(new HttpFailure("interrupted", `${place}: the connection broke (it went over to another protocol)`));
    });
    outgoing.on("response", (incoming) => {
      begun = incoming.headers;
      const chunks: Buffer[] = [];
      let size = 0;
      const stream = incoming.statusCode === 200 ? options.stream : undefined;
      const decoder = new StringDecoder("utf8");
      stream?.onOpen();
      incoming.on("data", (chunk: Buffer) => {
        if (stream !== undefined) {
          try {
            if (!settled) stream.onText(decoder.write(chunk));
          } catch (error) {
            fail(error as Error);
          }
          return;
        }
        size += chunk.length;
        if (size > maxBytes)
          fail(
            new HttpFailure("too_large", `${place}: the answer is larger than ${maxBytes} bytes`, { headers: begun }),
          );
        else chunks.push(chunk);
      });
      incoming.on("error", (error: NodeJS.ErrnoException) => {
        fail(
          new HttpFailure("interrupted", `${place}: the answer broke off (${error.code ?? error.name})`, {
            headers: begun,
          }),
        );
      });
      incoming.on("end", () => {
        settle(() => {
          resolve({
            status: incoming.statusCode ?? 0,
            contentType: incoming.headers["content-type"] ?? "",
            headers: incoming.headers,
            body: Buffer.concat(chunks).toString("utf8"),
          });
        });
      });
    });
    outgoing.end(body);
  });
}

function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}

function describe(place: string, error: NodeJS.ErrnoException): HttpFailure {
  const code = error.code ?? error.name;
  const kind = kindOf(code);
  const text = {
    refused: "nothing listens there",
    unreachable: "cannot be reached",
    tls: "the TLS connection was not accepted",
    timeout: "the connection timed out",
    interrupted: "the connection broke",
    too_large: "the answer's headers are too large",
  }[kind];
  return new HttpFailure(kind, `${place}: ${text} (${code})`);
}

function kindOf(code: string): HttpFailureKind {
  if (code === "ECONNREFUSED") return "refused";
  if (code === "ETIMEDOUT") return "timeout";
  if (code === "HPE_HEADER_OVERFLOW") return "too_large";
  if (["ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "EADDRNOTAVAIL"].includes(code))
    return "unreachable";
  if (/^(ERR_TLS|ERR_SSL|CERT_|EPROTO|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED)/.test(code)) return "tls";
  return "interrupted";
}
