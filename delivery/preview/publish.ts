import { UserError } from "../../components/errors/user-error.ts";
import { longestComment, StickyComment, type StickyCommentPlace, type Stuck } from "../github/sticky-comment.ts";
import { RefusedError, UndeliveredError } from "../notify/channel.ts";
import { backoff } from "../notify/backoff.ts";
import type { Clock } from "../release/ports.ts";
import { code } from "./quoting.ts";
import { previewMarkdown } from "./markdown.ts";
import type { StackReport } from "./report.ts";

/** The pull request did not get its comment. */
export class CommentError extends UserError {
  override readonly name = "CommentError";
}

const marker = "<!-- atom-delivery preview -->";
/** GitHub takes a MiB of a job's summary; a character is at most three bytes of UTF-8. */
const longestSummary = 340_000;
const mostAttempts = 4;
/** The longest wait between two attempts, in milliseconds. */
const longestWait = 60_000;

/** The run of a workflow that previews. */
export interface PreviewRun {
  /** Its page; undefined outside a workflow. */
  readonly url: string | undefined;
  /** What is previewed; undefined where it is not known. */
  readonly commit: string | undefined;
}

/** The previews as a job's summary. */
export function summaryText(reports: readonly StackReport[], run: PreviewRun): string {
  return previewMarkdown(reports, {
    most: longestSummary,
    about: aboutText(run),
    elsewhere: "see the log of this run",
  });
}

/** The previews as a comment on a pull request. */
export function commentText(reports: readonly StackReport[], run: PreviewRun): string {
  const elsewhere = run.url === undefined ? "see the job's summary" : `see the [summary of the run](${run.url})`;
  return previewMarkdown(reports, { most: longestComment, marker, about: aboutText(run), elsewhere });
}

function aboutText({ url, commit }: PreviewRun): string {
  const of = commit === undefined ? "" : ` of ${code(commit.slice(0, 10))}`;
  const by = url === undefined ? "" : ` by [this run](${url})`;
  return `A preview${of}${by}: nothing was changed. No change moves traffic; a new version is staged at 0 % and waits for its release.`;
}

/**
 * Brings the one comment on a pull request up to date, in a few attempts. Rejects with a {@link CommentError} that says why it could not, or with the
 * signal's reason.
 */
export async function publishComment(
  { access, number }: Pick<StickyCommentPlace, "access" | "number">,
  text: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<Stuck> {
  const comment = new StickyComment({ access, number, marker });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await comment.put(text, signal);
    } catch (error) {
      signal.throwIfAborted();
      const again = error instanceof UndeliveredError && attempt < mostAttempts;
      if (!again) throw described(error, number);
      await clock.sleep(Math.min(longestWait, error.retryAfter ?? backoff(attempt - 1, Math.random())), signal);
    }
  }
}

function described(error: unknown, number: number): unknown {
  if (!(error instanceof UndeliveredError || error instanceof RefusedError)) return error;
  return new CommentError(
    `Pull request #${number} did not get its comment: ${error.message}.\nThe token needs the permission pull-requests: write.`,
    { cause: error },
  );
}
