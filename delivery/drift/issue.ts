import { createHash } from "node:crypto";
import { askGithub, type GithubAccess, type Repository } from "../notify/github/client.ts";
import { linked, markerOf } from "../notify/github/issue-text.ts";
import { closeIssue, findOpenIssue, type OpenIssue } from "../notify/github/open-issue.ts";
import { code } from "../preview/quoting.ts";
import type { StackDrift } from "./drift.ts";
import { driftMarkdown } from "./markdown.ts";
import { headline } from "./words.ts";

export interface DriftIssueOptions {
  readonly access: GithubAccess;
  /** The workflow run that looks. @default none is linked */
  readonly run?: string | undefined;
}

/** What became of a stack's issue. `same`: it tells already what there is, or there is none and nothing to tell. */
export interface IssueOutcome {
  readonly action: "opened" | "updated" | "closed" | "same";
  readonly number?: number;
}

/**
 * One open issue for the drift of a stack, found by a hidden remark: opened when drift is found, changed in place when there is other drift, left
 * alone when there is the same, closed when there is none. One that a person closed stays closed; drift that is still there, or comes back,
 * opens another.
 */
export class DriftIssue {
  readonly #options: DriftIssueOptions;

  constructor(options: DriftIssueOptions) {
    this.#options = options;
  }

  /** Brings the issue to what was found. Rejects with an UndeliveredError, a RefusedError, or the signal's reason. */
  async tell(drift: StackDrift, signal: AbortSignal): Promise<IssueOutcome> {
    return askGithub(this.#options.access, signal, async (repository) => {
      const open = await findOpenIssue(repository, {
        labels: labelsOf(drift.stack),
        marker: markerOf("drift", drift.stack),
      });
      if (drift.resources.length === 0)
        return open === undefined ? { action: "same" } : this.#close(repository, open, drift);
      return open === undefined ? this.#open(repository, drift) : this.#update(repository, open, drift);
    });
  }

  async #open({ octokit, place }: Repository, drift: StackDrift): Promise<IssueOutcome> {
    const issue = { ...place, title: headline(drift), body: this.#body(drift), labels: labelsOf(drift.stack) };
    const { data } = await octokit.request("POST /repos/{owner}/{repo}/issues", issue);
    return { action: "opened", number: data.number };
  }

  async #update({ octokit, place }: Repository, open: OpenIssue, drift: StackDrift): Promise<IssueOutcome> {
    const { number } = open;
    if (open.body.includes(contentMarker(drift))) return { action: "same", number };
    const issue = { ...place, issue_number: number, title: headline(drift), body: this.#body(drift) };
    await octokit.request("PATCH /repos/{owner}/{repo}/issues/{issue_number}", issue);
    return { action: "updated", number };
  }

  async #close(repository: Repository, { number }: OpenIssue, drift: StackDrift): Promise<IssueOutcome> {
    const { octokit, place } = repository;
    const issue = { ...place, issue_number: number };
    const body = `${code(drift.stack)} is as it was left again${this.#link()}.\n`;
    await octokit.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", { ...issue, body });
    await closeIssue(repository, number);
    return { action: "closed", number };
  }

  #body(drift: StackDrift): string {
    const found = this.#options.run === undefined ? "" : `\nFound by a look at the environment${this.#link()}.\n`;
    return `${markerOf("drift", drift.stack)}\n${contentMarker(drift)}\n${driftMarkdown(drift)}${found}`;
  }

  #link(): string {
    const { run } = this.#options;
    return run === undefined ? "" : ` ([workflow run](${linked(run)}))`;
  }
}

function labelsOf(stack: string): string[] {
  return ["drift", stack];
}

/** Tells what an issue says from what there is now, without a word about when it was found. */
function contentMarker(drift: StackDrift): string {
  const digest = createHash("sha256").update(JSON.stringify(drift)).digest("hex").slice(0, 16);
  return markerOf("content", digest);
}
