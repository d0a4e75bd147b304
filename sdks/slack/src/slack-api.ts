import { setTimeout as sleep } from "node:timers/promises";
import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
  type Logger,
} from "@slack/web-api";
import { refused, SlackError } from "./slack-error.ts";

export interface SlackApiOptions {
  readonly token: string;
  /** Base of the Web API's methods. @default Slack's own, https://slack.com/api/ */
  readonly baseUrl?: string | undefined;
  /** How long one request may wait because Slack asks for it (Retry-After), in milliseconds. @default two minutes */
  readonly patienceMs?: number;
  /** Waits so many milliseconds. @default with a timer */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

const REQUEST_MS = 15_000;
const PATIENCE_MS = 120_000;

/** Waiting times before a request is tried again that Slack did not answer, in milliseconds. */
const pauses: readonly number[] = [500, 2_000];

/** Says nothing: the client would write of its retries into the engine's output, and errors are ours to tell. */
const silent = {
  ...{ debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  ...{ setLevel: () => undefined, setName: () => undefined },
};

/** Slack's Web API with the manners of a provider: bounded waits, errors that say what to do, and no word of the token. */
export class SlackApi {
  readonly #client: WebClient;
  readonly #patienceMs: number;
  readonly #wait: (milliseconds: number) => Promise<unknown>;
  #self: Promise<string> | undefined;

  constructor({ token, baseUrl, patienceMs = PATIENCE_MS, wait = sleep }: SlackApiOptions) {
    this.#patienceMs = patienceMs;
    this.#wait = wait;
    this.#client = new WebClient(token, {
      ...(baseUrl === undefined ? {} : { slackApiUrl: baseUrl }),
      ...{ timeout: REQUEST_MS, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, allowAbsoluteUrls: false },
      logger: silent as unknown as Logger,
    });
  }

  /** User id of who the token speaks for. */
  self(): Promise<string> {
    this.#self ??= this.ask("auth.test").then((answer) => (answer as { readonly user_id: string }).user_id);
    return this.#self;
  }

  /**
   * Asks until there is an answer: where Slack asks to wait, where it fails, and where the connection is lost. The last two are for
   * methods alone that may be done twice. Rejects with a {@link SlackError}.
   */
  async ask(method: string, args: Readonly<Record<string, unknown>> = {}, { once = false } = {}): Promise<unknown> {
    let patience = this.#patienceMs;
    let attempt = 0;
    for (;;) {
      try {
        return await this.#client.apiCall(method, args);
      } catch (error) {
        const pause = pauseAfter(error, once ? undefined : pauses[attempt]);
        if (pause === undefined || pause > patience) throw told(method, error, this.#patienceMs);
        if (!(error instanceof WebAPIRateLimitedError)) attempt += 1;
        patience -= pause;
        await this.#wait(pause);
      }
    }
  }

  /** Pages through a list, as far as the caller reads it. */
  async *pages(method: string, args: Readonly<Record<string, unknown>>): AsyncGenerator {
    let cursor = "";
    do {
      const page = await this.ask(method, { ...args, ...(cursor === "" ? {} : { cursor }) });
      yield page;
      cursor = (page as { response_metadata?: { next_cursor?: string } }).response_metadata?.next_cursor ?? "";
    } while (cursor !== "");
  }
}

/** How long to wait until the next attempt, in milliseconds; undefined: there is to be none. */
function pauseAfter(error: unknown, pause: number | undefined): number | undefined {
  if (error instanceof WebAPIRateLimitedError) return error.retryAfter * 1000;
  const isPassing =
    error instanceof WebAPIRequestError || (error instanceof WebAPIHTTPError && error.statusCode >= 500);
  return isPassing ? pause : undefined;
}

/** The client's error in our words: its own may hold headers and addresses. */
function told(method: string, error: unknown, patienceMs: number): SlackError {
  if (error instanceof WebAPIPlatformError) return refused(method, error.data);
  if (error instanceof WebAPIRateLimitedError)
    return new SlackError(
      "ratelimited",
      `Slack asks to wait ${error.retryAfter} s before ${method} (too many requests), and a request waits ${patienceMs / 1000} s at most. Run again later.`,
    );
  if (error instanceof WebAPIHTTPError)
    return new SlackError(
      `http_${error.statusCode}`,
      `Slack answered ${method} with HTTP ${error.statusCode}. Run again later.`,
    );
  if (error instanceof WebAPIRequestError)
    return new SlackError(
      "unreachable",
      `Slack did not answer ${method} (${reasonOf(error.original)}). Check the connection, then run again.`,
    );
  throw error;
}

/** The reason below "fetch failed": ECONNREFUSED, ENOTFOUND, a timeout. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : message;
}
