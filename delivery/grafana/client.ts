import type { z } from "zod";
import { cutText } from "../../components/text/cut.ts";
import { HttpFailure, request, type HttpAnswer } from "../http/request.ts";
import { Scrubber } from "../http/scrubber.ts";
import type { GrafanaEndpoint } from "./endpoint.ts";

/** What Grafana did not do, and whether to ask again. */
export class GrafanaError extends Error {
  override readonly name = "GrafanaError";
  /**
   * `unavailable`: no answer, 429 or 5xx; asking again may help. `refused`: it does not want this request, or not from us.
   * `malformed`: it answered what no Grafana answers; the address may be another server's.
   */
  readonly kind: "unavailable" | "refused" | "malformed";
  /** Of the answer; undefined where there was none. */
  readonly status: number | undefined;

  constructor(kind: GrafanaError["kind"], message: string, status?: number, options?: ErrorOptions) {
    super(cutText(message), options);
    this.kind = kind;
    this.status = status;
  }
}

/** One call of Grafana's HTTP API. */
export interface GrafanaCall<Answer> {
  /** @default "GET" */
  readonly method?: "GET" | "POST" | "PATCH";
  /** Below the address of Grafana: `api/annotations`. Its parts are encoded by the caller. */
  readonly path: string;
  /** A name may come several times. */
  readonly query?: readonly (readonly [name: string, value: string])[];
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly answer: z.ZodType<Answer>;
}

const timeoutMs = 10_000;
const longestAnswer = 8 * 1024 * 1024;

/** Asks one Grafana, with its key in a header alone. */
export class GrafanaClient {
  readonly #endpoint: GrafanaEndpoint;
  readonly #timeoutMs: number;
  readonly #scrubber = new Scrubber();

  /** @param options.timeoutMs for each call, in milliseconds @default 10000 */
  constructor(endpoint: GrafanaEndpoint, options: { readonly timeoutMs?: number } = {}) {
    this.#endpoint = endpoint;
    this.#timeoutMs = options.timeoutMs ?? timeoutMs;
    this.#scrubber.learn(endpoint.key);
  }

  /** The answer; undefined where there is no such thing (404). Throws a {@link GrafanaError}, or the signal's reason. Asks once. */
  async ask<Answer>(call: GrafanaCall<Answer>, signal: AbortSignal): Promise<Answer | undefined> {
    const { status, body } = await this.#send(call, signal);
    const place = `Grafana at ${this.#endpoint.url.host}: ${call.method ?? "GET"} ${call.path}`;
    if (status === 404) return undefined;
    if (status < 200 || status >= 300) {
      const kind = status === 429 || status >= 500 ? "unavailable" : "refused";
      const remark = this.#scrubber.excerpt(body);
      throw new GrafanaError(kind, `${place} answered ${status}${remark === "" ? "" : `: ${remark}`}`, status);
    }
    const parsed = call.answer.safeParse(parseJson(body));
    if (!parsed.success) throw new GrafanaError("malformed", `${place} answered what no Grafana does`, status);
    return parsed.data;
  }

  async #send<Answer>(
    { method = "GET", path, query = [], body }: GrafanaCall<Answer>,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const { url: base, key } = this.#endpoint;
    const url = new URL(path, base.href.endsWith("/") ? base : `${base.href}/`);
    for (const [name, value] of query) url.searchParams.append(name, value);
    try {
      return await request({
        ...{ url, method, timeoutMs: this.#timeoutMs, maxBytes: longestAnswer, signal },
        headers: {
          accept: "application/json",
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      throw new GrafanaError("unavailable", this.#scrubber.scrub(error.message), undefined, { cause: error });
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
