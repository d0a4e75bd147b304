import { RefusedError } from "../notify/channel.ts";
import { askGithub, halfway, statusOf, type GithubAccess, type Repository } from "../notify/github/client.ts";

/** Characters that GitHub takes of a comment, or of an issue. */
export const longestComment = 65_536;

export interface StickyCommentPlace {
  readonly access: GithubAccess;
  /** Number of the issue or pull request. */
  readonly number: number;
  /** The comment's hidden first line, by which it is found again. */
  readonly marker: string;
}

/** What became of a comment. */
export type Stuck = "made" | "brought up to date" | "left as it was";

/** A comment as far as it matters here. */
interface Comment {
  readonly id: number | bigint;
  readonly body?: string | undefined;
  readonly user: { readonly login: string; readonly type: string } | null;
}

const pageSize = 100;

/** One comment on an issue or a pull request, made once and brought up to date from then on. */
export class StickyComment {
  readonly #place: StickyCommentPlace;

  constructor(place: StickyCommentPlace) {
    this.#place = place;
  }

  /**
   * Makes the comment read so. The text begins with the marker. Rejects with an UndeliveredError (try again: it looks before it makes another one), a
   * RefusedError, or the signal's reason.
   */
  async put(text: string, signal: AbortSignal): Promise<Stuck> {
    if (!isMarked(text, this.#place.marker)) throw new Error("the text of a sticky comment begins with its marker");
    if (text.length > longestComment)
      throw new RefusedError(`the comment has ${text.length} characters, and GitHub takes ${longestComment}`);
    return askGithub(this.#place.access, signal, async (repository) => {
      const found = await this.#find(repository);
      if (found?.body === text) return "left as it was";
      return halfway(
        found === undefined ? this.#make(repository, text) : this.#change(repository, Number(found.id), text),
      );
    });
  }

  /** The oldest comment that has the marker and is our own: whoever quotes or forges the marker keeps their text. */
  async #find(repository: Repository): Promise<Comment | undefined> {
    const { octokit, place } = repository;
    const isOurs = await authorship(repository);
    for (let page = 1; ; page += 1) {
      const query = { ...place, issue_number: this.#place.number, per_page: pageSize, page };
      const { data } = await octokit.request("GET /repos/{owner}/{repo}/issues/{issue_number}/comments", query);
      const found = data.find(
        (comment: Comment) => isMarked(comment.body ?? "", this.#place.marker) && isOurs(comment),
      );
      if (found !== undefined || data.length < pageSize) return found;
    }
  }

  async #make({ octokit, place }: Repository, body: string): Promise<Stuck> {
    const comment = { ...place, issue_number: this.#place.number, body };
    await octokit.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", comment);
    return "made";
  }

  async #change({ octokit, place }: Repository, id: number, body: string): Promise<Stuck> {
    await octokit.request("PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}", {
      ...place,
      comment_id: id,
      body,
    });
    return "brought up to date";
  }
}

function isMarked(text: string, marker: string): boolean {
  return text.split(/\r?\n/, 1)[0] === marker;
}

/**
 * Tells our own comments. A person's token says whose it is. A workflow's token, or another app's, may not ask: then a comment is our own if a
 * bot wrote it, for people cannot write as one.
 */
async function authorship({ octokit }: Repository): Promise<(comment: Comment) => boolean> {
  try {
    const { data } = await octokit.request("GET /user");
    return ({ user }) => user?.login === data.login;
  } catch (error) {
    if (statusOf(error) !== 403) throw error;
    return ({ user }) => user?.type === "Bot";
  }
}
