import type http from "node:http";
import { parseAnswer } from "../gate/answer.ts";
import type { Answer, Problem } from "../gate/measurement.ts";
import { HttpFailure, request, type HttpAnswer } from "../http/request.ts";
import { Scrubber } from "../http/scrubber.ts";
import type { Clock } from "../release/ports.ts";
import type { Authorization } from "./authorization.ts";
import { parseRules, parseWarnings, type Rule } from "./api-answers.ts";

/** One request to Prometheus, for the metrics `prometheus_query_total` and `prometheus_query_duration_seconds` (R9). */
export interface RequestRecord {
  readonly result: "success" | "failed" | "timeout";
  readonly seconds: number;
}

export interface PrometheusClientOptions {
  /** May have a path, for a Prometheus below one. */
  readonly url: URL;
  /** @default none */
  readonly authorization?: Authorization | undefined;
  /** Keeps the connections, and knows the authorities to trust; its owner destroys it. */
  readonly agent: http.Agent;
  readonly clock: Clock;
  /** For each try, in milliseconds. @default 10000 */
  readonly tryTimeoutMs?: number;
  /** For all tries of one call together, in milliseconds. @default 30000 */
  readonly deadlineMs?: number;
  /** Told of every try. Must not throw. @default nobody is */
  readonly onRequest?: (record: RequestRecord) => void;
}

/** What Prometheus said to a query, with what it had to remark on it. */
export interface QueryAnswer {
  readonly answer: Answer;
  readonly warnings: readonly string[];
}

/** An answer to anything else than a query. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

const firstPauseMs = 200;
const longestPauseMs = 5_000;
const longestAnswer = 8 * 1024 * 1024;

/**
 * Asks a Prometheus. A server that is away, slow or answers nonsense is an answer with a problem, never a rejection; a call rejects with
 * its signal's reason alone. What may pass by itself (no connection, no answer in time, 429, 5xx, an answer that broke off) is
 * tried again with growing pauses until the deadline.
 */
export class PrometheusClient {
  readonly #options: PrometheusClientOptions;
  readonly #scrubber = new Scrubber();

  constructor(options: PrometheusClientOptions) {
    this.#options = options;
    options.authorization?.teach(this.#scrubber);
  }

  /**
   * An instant query.
   *
   * @param at when, in seconds since the Unix epoch by the clock of Prometheus @default now
   */
  async query(promql: string, signal: AbortSignal, at?: number): Promise<QueryAnswer> {
    const parameters = { query: promql, ...(at === undefined ? {} : { time: String(at) }) };
    const reading = await this.#call("/api/v1/query", parameters, signal, (answer) => {
      const parsed = parseAnswer(answer.status, answer.body);
      if (parsed.ok) return { ok: true, value: { answer: parsed, warnings: parseWarnings(answer.body) } };
      // What is shown of a bad answer must not show what a proxy may have echoed.
      const scrubbed = parseAnswer(answer.status, this.#scrubber.scrub(answer.body));
      return { ok: false, problem: scrubbed.ok ? { kind: "malformed", detail: "not shown" } : scrubbed.problem };
    });
    return reading.ok ? reading.value : { answer: { ok: false, problem: reading.problem }, warnings: [] };
  }

  /** Whether the server says of itself that it is healthy. */
  healthy(signal: AbortSignal): Promise<Reading<true>> {
    return this.#call("/-/healthy", {}, signal, ({ status }) =>
      status === 200 ? { ok: true, value: true } : refused(`/-/healthy answered HTTP ${status}.`),
    );
  }

  /** The rules that the server has loaded, with their health. */
  rules(signal: AbortSignal): Promise<Reading<readonly Rule[]>> {
    return this.#call("/api/v1/rules", {}, signal, ({ status, body }) => {
      const rules = status === 200 ? parseRules(body) : undefined;
      if (rules !== undefined) return { ok: true, value: rules };
      return status === 200
        ? { ok: false, problem: { kind: "malformed", detail: "/api/v1/rules answered with no list of rules." } }
        : refused(`/api/v1/rules answered HTTP ${status}.`);
    });
  }

  async #call<T>(
    path: string,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal,
    read: (answer: HttpAnswer) => Reading<T>,
  ): Promise<Reading<T>> {
    const { clock, tryTimeoutMs = 10_000, deadlineMs = 30_000 } = this.#options;
    const end = clock.monotonic() + deadlineMs;
    for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
      const left = Math.max(1, Math.min(tryTimeoutMs, end - clock.monotonic()));
      const { reading, passing } = await this.#try(path, parameters, left, signal, read);
      if (reading.ok || !passing || clock.monotonic() + pause >= end) return reading;
      await clock.sleep(pause, signal);
    }
  }

  async #try<T>(
    path: string,
    parameters: Readonly<Record<string, string>>,
    timeoutMs: number,
    signal: AbortSignal,
    read: (answer: HttpAnswer) => Reading<T>,
  ): Promise<{ readonly reading: Reading<T>; readonly passing: boolean }> {
    const { clock, onRequest } = this.#options;
    const start = clock.monotonic();
    const record = (result: RequestRecord["result"]): void => {
      onRequest?.({ result, seconds: (clock.monotonic() - start) / 1000 });
    };
    try {
      const answer = await this.#send(path, parameters, timeoutMs, signal);
      const reading = read(answer);
      record(reading.ok ? "success" : "failed");
      const passing = answer.status >= 500 || answer.status === 429 || (answer.status === 200 && !reading.ok);
      return { reading, passing };
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const timedOut = error.kind === "timeout";
      record(timedOut ? "timeout" : "failed");
      const kind = timedOut ? "timeout" : error.kind === "too_large" ? "malformed" : "unreachable";
      return {
        reading: { ok: false, problem: { kind, detail: `${this.#scrubber.scrub(error.message)}.` } },
        passing: error.kind !== "tls" && error.kind !== "too_large",
      };
    }
  }

  #send(
    path: string,
    parameters: Readonly<Record<string, string>>,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const { url: base, authorization, agent } = this.#options;
    const url = new URL(base);
    url.pathname = `${base.pathname.replace(/\/$/, "")}${path}`;
    const headers = { accept: "application/json", "user-agent": "atom", ...authorization?.header() };
    const common = { timeoutMs, maxBytes: longestAnswer, agent, signal };
    // A query of many labels outgrows what proxies allow a URL.
    return Object.keys(parameters).length === 0
      ? request({ url, headers, ...common })
      : request({
          url,
          method: "POST",
          headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
          body: new URLSearchParams(parameters).toString(),
          ...common,
        });
  }
}

function refused(detail: string): { readonly ok: false; readonly problem: Problem } {
  return { ok: false, problem: { kind: "refused", detail } };
}
