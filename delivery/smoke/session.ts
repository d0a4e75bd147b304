import type http from "node:http";
import { credentialPlaceholders, type Json, type SmokeStep } from "../../components/smoke-steps/smoke-step.ts";
import { HttpFailure, request, type HttpAnswer } from "../http/request.ts";
import type { Clock } from "../release/ports.ts";
import type { Credentials } from "./credentials.ts";
import { Scrubber } from "../http/scrubber.ts";
import { describeFault, faultOf, isSendable, tokenIn } from "./verdict.ts";

/** Where a service is asked, and how. */
export interface Door {
  readonly url: URL;
  /** Sent with every request: `x-canary`, or `host` where the gateway is reached by its address. */
  readonly headers: Readonly<Record<string, string>>;
  /** The header by which an answer is known to have come through this door. @default any answer is taken for such */
  readonly proof?: { readonly header: string; readonly value: string } | undefined;
}

export interface StepOutcome {
  readonly name: string;
  readonly passed: boolean;
  /** Milliseconds. */
  readonly duration: number;
  /** Why it failed. */
  readonly detail?: string;
  /** The gateway had nobody to hand the request to. */
  readonly unrouted: boolean;
  /** It was answered without the door's proof: by somebody else, whose answer says nothing about whom it was meant for. */
  readonly strayed: boolean;
}

export interface SessionOptions {
  readonly door: Door;
  readonly credentials: Credentials;
  readonly clock: Clock;
  /** Deadline of each step, in milliseconds. */
  readonly stepTimeoutMs: number;
  readonly agent: http.Agent;
}

/** What Envoy answers by itself while it has no healthy pod behind a route. */
const unroutedBody = /^(no healthy upstream|upstream connect error)/;
const longestBody = 1024 * 1024;
const userAgent = { "user-agent": "atom-smoke" };

/** One user's visit: the steps share the token that one of them took. No outcome and no error ever holds it, or the credentials. */
export class Session {
  readonly #options: SessionOptions;
  readonly #scrubber = new Scrubber();
  #token: string | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    options.credentials.reveal((username, password) => {
      this.#scrubber.learn(username);
      this.#scrubber.learn(password);
    });
  }

  /** Sends one step's request and judges the answer. Rejects only with the signal's reason: all else is an outcome. */
  async perform(step: SmokeStep, signal: AbortSignal): Promise<StepOutcome> {
    const { clock } = this.#options;
    const start = clock.monotonic();
    const result = await this.#ask(step, signal);
    const duration = clock.monotonic() - start;
    return { name: step.name, duration, ...result };
  }

  /**
   * Asks for the path, with no token and no body, whether the door leads to whom it is meant for: by the headers of the answer, whole or not. No
   * answer is no proof of either. Rejects only with the signal's reason.
   */
  async probe(path: string, timeoutMs: number, signal: AbortSignal): Promise<"reached" | "strayed" | HttpFailure> {
    const { door, agent } = this.#options;
    const url = urlBelow(door.url, path);
    const headers = { ...userAgent, ...door.headers };
    try {
      const answer = await request({ url, headers, timeoutMs, maxBytes: longestBody, agent, signal });
      return this.#isProven(answer.headers) ? "reached" : "strayed";
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      if (error.headers === undefined) return error;
      return this.#isProven(error.headers) ? "reached" : "strayed";
    }
  }

  #isProven(headers: http.IncomingHttpHeaders = {}): boolean {
    const { proof } = this.#options.door;
    return proof === undefined || headers[proof.header] === proof.value;
  }

  async #ask(step: SmokeStep, signal: AbortSignal): Promise<Omit<StepOutcome, "name" | "duration">> {
    const failed = { passed: false, unrouted: false, strayed: false };
    if (step.auth === true && this.#token === undefined)
      return {
        ...failed,
        detail: `${step.name}: it needs a token, and no step before it took one`,
      };
    let answer: HttpAnswer;
    try {
      answer = await this.#send(step, signal);
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const strayed = error.headers !== undefined && !this.#isProven(error.headers);
      return { ...failed, strayed, detail: `${step.name}: ${this.#scrubber.scrub(error.message)}` };
    }
    if (!this.#isProven(answer.headers)) {
      const detail = `${step.name}: ${step.method} ${pathOnly(step)} was answered by somebody else (${answer.status})`;
      return { ...failed, strayed: true, detail };
    }
    const token = tokenIn(step, answer);
    if (token !== undefined) {
      this.#scrubber.learn(token);
      if (isSendable(token)) this.#token = token;
    }
    const fault = faultOf(step, answer);
    if (fault === undefined) return { ...failed, passed: true };
    const excerpt = this.#scrubber.excerpt(answer.body);
    return {
      ...failed,
      unrouted: answer.status === 503 && unroutedBody.test(answer.body),
      detail: `${step.name}: ${describeFault(fault, step.method, pathOnly(step))}${excerpt === "" ? "" : ` (${excerpt})`}`,
    };
  }

  #send(step: SmokeStep, signal: AbortSignal): Promise<HttpAnswer> {
    const { door, credentials, agent, stepTimeoutMs } = this.#options;
    const token = step.auth === false ? undefined : this.#token;
    const body =
      step.body === undefined
        ? undefined
        : credentials.reveal((username, password) => JSON.stringify(fill(step.body ?? null, username, password)));
    return request({
      url: urlBelow(door.url, step.path),
      method: step.method,
      headers: {
        accept: "application/json",
        ...userAgent,
        ...door.headers,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body }),
      timeoutMs: stepTimeoutMs,
      maxBytes: longestBody,
      agent,
      signal,
    });
  }
}

/** A path below the door's own. It cannot lead to another host, which would be handed the token. */
function urlBelow(base: URL, path: string): URL {
  const url = new URL(base);
  const [pathname = "", ...query] = path.split("?");
  url.pathname = `${base.pathname.replace(/\/$/, "")}/${pathname.replace(/^\/+/, "")}`;
  url.search = query.join("?");
  return url;
}

/** Queries may hold what is nobody's business. */
function pathOnly(step: SmokeStep): string {
  return step.path.split("?")[0] ?? "";
}

function fill(value: Json, username: string, password: string): Json {
  if (typeof value === "string")
    // As a function: a password may hold what replaceAll takes for a pattern.
    return value
      .replaceAll(credentialPlaceholders.username, () => username)
      .replaceAll(credentialPlaceholders.password, () => password);
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map((item) => fill(item, username, password));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, username, password)]));
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
