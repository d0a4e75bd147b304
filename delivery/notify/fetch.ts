// What both clients (Slack's and GitHub's) do requests with.
import { UndeliveredError } from "./channel.ts";

/** A `fetch` that ends with the signal, follows no redirect with a token in hand, and says in an error of ours what became of the request. */
export function fetchWithin(signal: AbortSignal, place: string): typeof fetch {
  return async (input, init) => {
    try {
      return await fetch(input, { ...init, redirect: "error", signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const code = codeOf(error);
      // Only where nobody listened it is sure that nobody heard.
      const uncertain = !unheard.includes(code);
      throw new UndeliveredError(`${place} gave no answer (${code})`, { uncertain, cause: error });
    }
  };
}

const unheard: readonly string[] = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"];

function codeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, name } = cause as Partial<NodeJS.ErrnoException>;
  return code ?? name ?? "unknown";
}

/** Seconds, or an instant, of a `Retry-After` header as milliseconds; undefined where it says neither. */
export function retryAfterOf(header: string | null | undefined, now: number): number | undefined {
  if (header == null || header === "") return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
