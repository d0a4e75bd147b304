import { Octokit } from "@octokit/core";
import { RefusedError, UndeliveredError } from "../channel.ts";
import { fetchWithin, retryAfterOf } from "../fetch.ts";

export interface GithubAccess {
  readonly token: string;
  readonly owner: string;
  readonly repo: string;
  /** Of GitHub Enterprise. @default https://api.github.com */
  readonly apiUrl?: string | undefined;
}

/** The client of one attempt, and the repository that each of its requests is about. */
export interface Repository {
  readonly octokit: Octokit;
  readonly place: { readonly owner: string; readonly repo: string };
}

const quiet = (): undefined => undefined;

/** Asks GitHub, each thing once; the outbox tries again. Rejects with an UndeliveredError, a RefusedError, or the signal's reason. */
export async function askGithub<Answer>(
  { token, owner, repo, apiUrl }: GithubAccess,
  signal: AbortSignal,
  ask: (repository: Repository) => Promise<Answer>,
): Promise<Answer> {
  const octokit = new Octokit({
    auth: token,
    ...(apiUrl === undefined ? {} : { baseUrl: apiUrl }),
    userAgent: "atom-delivery",
    request: { fetch: fetchWithin(signal, "GitHub") },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  try {
    return await ask({ octokit, place: { owner, repo } });
  } catch (error) {
    signal.throwIfAborted();
    throw described(error);
  }
}

/** What already came through must not be done again: a failure after it leaves the whole uncertain. */
export async function halfway<Answer>(rest: Promise<Answer>): Promise<Answer> {
  try {
    return await rest;
  } catch (error) {
    const failure = described(error);
    if (!(failure instanceof UndeliveredError)) throw failure;
    const { message, retryAfter } = failure;
    throw new UndeliveredError(message, { retryAfter, uncertain: true, cause: error });
  }
}

/** The status that GitHub refused with; undefined for another error. */
export function statusOf(error: unknown): number | undefined {
  return isAnswer(error) ? error.status : undefined;
}

interface ErrorAnswer extends Error {
  readonly status: number;
  readonly response?: { readonly headers: Readonly<Record<string, string | number | undefined>> };
}

function isAnswer(error: unknown): error is ErrorAnswer {
  return error instanceof Error && "status" in error && typeof error.status === "number";
}

/** https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit */
function described(error: unknown): Error {
  if (error instanceof UndeliveredError || error instanceof RefusedError) return error;
  if (!isAnswer(error))
    return new UndeliveredError("GitHub gave an answer that cannot be read", { uncertain: true, cause: error });
  if (error.cause instanceof UndeliveredError || error.cause instanceof RefusedError) return error.cause;
  const { status, message, response } = error;
  const wait = waitOf(response?.headers ?? {}, Date.now());
  const limited = status === 429 || (status === 403 && (wait !== undefined || /rate limit/i.test(message)));
  if (limited) {
    const retryAfter = wait ?? 60_000;
    return new UndeliveredError(`GitHub asks to wait for ${Math.ceil(retryAfter / 1000)} s`, {
      retryAfter,
      uncertain: false,
      cause: error,
    });
  }
  if (status >= 500) return new UndeliveredError(`GitHub answered ${status}`, { uncertain: true, cause: error });
  return new RefusedError(`GitHub answered ${status}: ${message}`, { cause: error });
}

function waitOf(headers: NonNullable<ErrorAnswer["response"]>["headers"], now: number): number | undefined {
  const after = retryAfterOf(headers["retry-after"]?.toString(), now);
  if (after !== undefined) return after;
  if (String(headers["x-ratelimit-remaining"]) !== "0") return undefined;
  return Math.max(0, Number(headers["x-ratelimit-reset"]) * 1000 - now);
}
