import type http from "node:http";
import { credentialPlaceholders, type Json, type SmokeStep } from "../../components/smoke-steps/smoke-step.ts";
import { HttpFailure, request } from "../http/request.ts";
import type { Clock } from "../release/ports.ts";
import type { Credentials } from "./credentials.ts";
import { Scrubber } from "../http/scrubber.ts";
import { describeFault, faultOf, isSendable, tokenIn, type StepAnswer } from "./verdict.ts";

/** Where a service is asked, and how. */
export interface Door {
  readonly url: URL;
  /** Sent with every request: `x-canary`, or `host` where the gateway is reached by its address. */
  readonly headers: Readonly<Record<string, string>>;
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

  async #ask(step: SmokeStep, signal: AbortSignal): Promise<Pick<StepOutcome, "passed" | "detail" | "unrouted">> {
    if (step.auth === true && this.#token === undefined)
      return {
        passed: false,
        unrouted: false,
        detail: `${step.name}: it needs a token, and no step before it took one`,
      };
    let answer: StepAnswer;
    try {
      answer = await this.#send(step, signal);
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      return { passed: false, unrouted: false, detail: `${step.name}: ${this.#scrubber.scrub(error.message)}` };
    }
    const token = tokenIn(step, answer);
    if (token !== undefined) {
      this.#scrubber.learn(token);
      if (isSendable(token)) this.#token = token;
    }
    const fault = faultOf(step, answer);
    if (fault === undefined) return { passed: true, unrouted: false };
    const excerpt = this.#scrubber.excerpt(answer.body);
    return {
      passed: false,
      unrouted: answer.status === 503 && unroutedBody.test(answer.body),
      detail: `${step.name}: ${describeFault(fault, step.method, pathOnly(step))}${excerpt === "" ? "" : ` (${excerpt})`}`,
    };
  }

  #send(step: SmokeStep, signal: AbortSignal): Promise<StepAnswer> {
    const { door, credentials, agent, stepTimeoutMs } = this.#options;
    const token = step.auth === false ? undefined : this.#token;
    const body =
      step.body === undefined
        ? undefined
        : credentials.reveal((username, password) => JSON.stringify(fill(step.body ?? null, username, password)));
    return request({
      url: stepUrl(door.url, step),
      method: step.method,
      headers: {
        accept: "application/json",
        "user-agent": "atom-smoke",
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

/** The step's path below the door's own. A path cannot lead to another host, which would be handed the token. */
function stepUrl(base: URL, step: SmokeStep): URL {
  const url = new URL(base);
  const [pathname = "", ...query] = step.path.split("?");
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
