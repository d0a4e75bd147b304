import {
  LogLevel,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
  type Logger,
} from "@slack/web-api";
import { RefusedError, UndeliveredError } from "../channel.ts";
import { fetchWithin } from "../fetch.ts";

export interface SlackAccess {
  readonly token: string;
  /** @default Slack's own */
  readonly apiUrl?: string | undefined;
}

/** Answers of Slack's that pass by themselves: https://docs.slack.dev/reference/methods/chat.postMessage#errors */
const passing: readonly string[] = [
  "ratelimited",
  "rate_limited",
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "team_added_to_org",
  "request_timeout",
];

/** Nothing that a client says belongs into a release's log: what matters comes back as an error. */
const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

/**
 * Asks Slack once; the outbox tries again. Rejects with an UndeliveredError, a RefusedError, or the signal's reason; within
 * `ask` errors are the client's own (see {@link slackWord}).
 */
export async function askSlack<Answer>(
  { token, apiUrl }: SlackAccess,
  signal: AbortSignal,
  ask: (client: WebClient) => Promise<Answer>,
): Promise<Answer> {
  const client = new WebClient(token, {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    fetch: fetchWithin(signal, "Slack"),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: silent,
  });
  try {
    return await ask(client);
  } catch (error) {
    signal.throwIfAborted();
    throw described(error);
  }
}

/** Slack's word for why it refused; undefined for another error. */
export function slackWord(error: unknown): string | undefined {
  return error instanceof WebAPIPlatformError ? error.data.error : undefined;
}

function described(error: unknown): unknown {
  if (error instanceof WebAPIRequestError && error.original instanceof UndeliveredError) return error.original;
  if (error instanceof WebAPIRateLimitedError)
    return new UndeliveredError(`Slack asks to wait for ${error.retryAfter} s`, {
      retryAfter: error.retryAfter * 1000,
      uncertain: false,
      cause: error,
    });
  if (error instanceof WebAPIHTTPError) {
    const uncertain = error.statusCode >= 500;
    return new UndeliveredError(`Slack answered ${error.statusCode}`, { uncertain, cause: error });
  }
  if (error instanceof WebAPIPlatformError) {
    const { error: word } = error.data;
    if (passing.includes(word))
      return new UndeliveredError(`Slack answered ${word}`, { uncertain: true, cause: error });
    return new RefusedError(`Slack refused it: ${word}`, { cause: error });
  }
  return new UndeliveredError("Slack gave an answer that cannot be read", { uncertain: true, cause: error });
}
