import http from "node:http";
import https from "node:https";
import { MirrorAddressError } from "../errors.ts";
import { StallTimer } from "./stall-timer.ts";

/** How long downloads may take and how large they may be. Times in milliseconds; tests give shorter ones. */
export interface DownloadLimits {
  /** For the one question whether a host answers at all. */
  readonly probeMs: number;
  /** Without a single byte, the connection's set-up included. */
  readonly stallMs: number;
  /** For all the files of one tool. A build takes no longer than this. */
  readonly toolMs: number;
  /** Of one file. */
  readonly maxBytes: number;
}

const usualLimits: DownloadLimits = { probeMs: 3_000, stallMs: 15_000, toolMs: 600_000, maxBytes: 512 * 2 ** 20 };
const maxRedirects = 5;

/** A file could not be downloaded. `url` has neither credentials nor a query, which may be a signature. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";
  readonly url: string;

  constructor(url: URL, reason: string, options?: ErrorOptions) {
    super(`${withoutSecrets(url)}: ${reason}`, options);
    this.url = withoutSecrets(url);
  }
}

/** The answer of the server that was asked last, after redirects. */
export interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: http.IncomingMessage;
}

export interface RequestOptions {
  readonly method?: "GET" | "HEAD";
  readonly headers?: Readonly<Record<string, string>>;
  readonly timer: StallTimer;
  /** @default they are followed, at most 5 */
  readonly redirects?: "none";
}

/**
 * The way to the hosts that publish tools: directly, through the proxy of `HTTPS_PROXY` (and not for the hosts of `NO_PROXY`),
 * or to the mirror of `ATOM_RELEASES_MIRROR`, which is asked for `<mirror>/<host>/<path>`. Always HTTPS, except to loopback.
 */
export class ReleaseNetwork {
  readonly limits: DownloadLimits;
  readonly #mirror: URL | undefined;
  readonly #agent: https.Agent;
  /** Hosts that did not answer in time once. They are not waited for again, tool after tool. */
  readonly #silent = new Set<string>();

  /** Throws {@link MirrorAddressError}. `ca` are authorities (PEM) to trust in place of the usual ones. */
  constructor(
    env: Readonly<Record<string, string | undefined>>,
    options: { readonly ca?: string; readonly limits?: Partial<DownloadLimits> } = {},
  ) {
    this.limits = { ...usualLimits, ...options.limits };
    this.#mirror = parseMirror(env.ATOM_RELEASES_MIRROR);
    const { HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy } = env;
    const proxyEnv = definedOf({ HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy });
    this.#agent = new https.Agent({ proxyEnv, ...(options.ca === undefined ? {} : { ca: options.ca }) });
  }

  /** Whether the files come from a server on this machine: it is the user's own, and may serve builds of the user's own. */
  get isOwnMirror(): boolean {
    return this.#mirror !== undefined && isLoopback(this.#mirror);
  }

  /** The address that is asked for an official one. */
  addressOf(official: URL): URL {
    if (this.#mirror === undefined) return official;
    const address = new URL(this.#mirror);
    address.pathname = `${address.pathname.replace(/\/$/, "")}/${official.host}${official.pathname}`;
    address.search = official.search;
    return address;
  }

  /** Whether a host answers at all; what it answers does not matter. Rejects with the signal's reason alone. */
  async answers(official: URL, signal?: AbortSignal): Promise<boolean> {
    const timer = new StallTimer(this.limits.probeMs, signal);
    try {
      (await this.request(official, { method: "HEAD", timer, redirects: "none" })).body.destroy();
      return true;
    } catch {
      signal?.throwIfAborted();
      return false;
    } finally {
      timer.stop();
    }
  }

  /** Asks for an official address. Rejects with {@link DownloadError} when there is no answer, or with the reason of the timer's signal. */
  async request(official: URL, options: RequestOptions): Promise<Answer> {
    let url = this.addressOf(official);
    let headers = options.headers ?? {};
    for (let redirects = 0; ; redirects += 1) {
      if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url)))
        throw new DownloadError(url, "is not https");
      const body = await this.#send(url, headers, options);
      const { statusCode: status = 0, headers: answered } = body;
      const isRedirect = [301, 302, 303, 307, 308].includes(status) && answered.location !== undefined;
      if (!isRedirect || options.redirects === "none") return { url, status, headers: answered, body };
      body.destroy();
      if (redirects === maxRedirects) throw new DownloadError(url, `redirects more than ${maxRedirects} times`);
      const next = parseLocation(url, answered.location ?? "");
      if (url.protocol === "https:" && next.protocol !== "https:")
        throw new DownloadError(url, `redirects to ${next.protocol}//${next.host}, which is not https`);
      // A token is for the host that asked for it.
      if (next.origin !== url.origin) headers = withoutAuthorization(headers);
      url = next;
    }
  }

  async #send(
    url: URL,
    headers: Readonly<Record<string, string>>,
    { method = "GET", timer }: RequestOptions,
  ): Promise<http.IncomingMessage> {
    if (this.#silent.has(url.host)) throw new DownloadError(url, "did not answer before");
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    try {
      timer.signal.throwIfAborted();
      const isSecure = url.protocol === "https:";
      const request = (isSecure ? https : http).request(url, {
        method,
        headers: { "user-agent": "atom-delivery", "accept-encoding": "identity", ...headers },
        ...(isSecure ? { agent: this.#agent } : {}),
        signal: timer.signal,
        // Ends a proxy's connection that never becomes a tunnel; without it, the connection would outlive the request.
        timeout: timer.milliseconds,
      });
      // A request without a connection yet, since the name or the proxy does not answer, says nothing when it is aborted.
      const giveUp = (): void => {
        reject(timer.signal.reason as Error);
      };
      timer.signal.addEventListener("abort", giveUp, { once: true });
      request.once("response", resolve).on("error", reject).end();
      const answer = await promise.finally(() => {
        timer.signal.removeEventListener("abort", giveUp);
      });
      timer.feed();
      return answer;
    } catch (error) {
      if (timer.hasStalled) this.#silent.add(url.host);
      throw timer.signal.aborted ? reasonOf(url, timer) : new DownloadError(url, messageOf(error), { cause: error });
    }
  }
}

/** What to reject with after a timer's signal aborted a request. */
export function reasonOf(url: URL, timer: StallTimer): Error {
  const reason = timer.signal.reason as Error;
  return timer.hasStalled ? new DownloadError(url, reason.message, { cause: reason }) : reason;
}

export function messageOf(error: unknown): string {
  // Several addresses of one host: each of them failed.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(", ");
  return error instanceof Error ? error.message : String(error);
}

function parseMirror(text: string | undefined): URL | undefined {
  if (text === undefined || text === "") return undefined;
  const url = URL.parse(text);
  if (url === null) throw new MirrorAddressError("is not an address");
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url))) return url;
  throw new MirrorAddressError(`${withoutSecrets(url)} is not https`);
}

function parseLocation(from: URL, location: string): URL {
  const url = URL.parse(location, from.href);
  if (url === null) throw new DownloadError(from, "redirects to what is not an address");
  return url;
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

function withoutSecrets({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

function withoutAuthorization(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "authorization"));
}

function definedOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
