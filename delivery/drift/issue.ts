import { createHash } from "node:crypto";
import { askGithub, halfway, type GithubAccess, type Repository } from "../notify/github/client.ts";
import { linked } from "../notify/github/issue-text.ts";
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

interface Found {
  readonly number: number;
  readonly body: string;
}

const pageSize = 100;
const mostPages = 5;

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
      const open = await findOpen(repository, drift.stack);
      if (drift.resources.length === 0)
        return open === undefined ? { action: "same" } : this.#close(repository, open, drift);
      return open === undefined ? this.#open(repository, drift) : this.#update(repository, open, drift);
    });
  }

  async #open({ octokit, place }: Repository, drift: StackDrift): Promise<IssueOutcome> {
    const issue = { ...place, title: titleOf(drift), body: this.#body(drift), labels: labelsOf(drift.stack) };
    const { data } = await octokit.request("POST /repos/{owner}/{repo}/issues", issue);
    return { action: "opened", number: data.number };
  }

  async #update({ octokit, place }: Repository, open: Found, drift: StackDrift): Promise<IssueOutcome> {
    const { number } = open;
    if (open.body.includes(contentMarker(drift))) return { action: "same", number };
    const issue = { ...place, issue_number: number, title: titleOf(drift), body: this.#body(drift) };
    await octokit.request("PATCH /repos/{owner}/{repo}/issues/{issue_number}", issue);
    return { action: "updated", number };
  }

  async #close({ octokit, place }: Repository, { number }: Found, drift: StackDrift): Promise<IssueOutcome> {
    const issue = { ...place, issue_number: number };
    const body = `${code(drift.stack)} is as it was left again${this.#link()}.\n`;
    await octokit.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", { ...issue, body });
    const closing = { ...issue, state: "closed", state_reason: "completed" } as const;
    await halfway(octokit.request("PATCH /repos/{owner}/{repo}/issues/{issue_number}", closing));
    return { action: "closed", number };
  }

  #body(drift: StackDrift): string {
    const found = this.#options.run === undefined ? "" : `\nFound by a look at the environment${this.#link()}.\n`;
    return `${markerOf(drift.stack)}\n${contentMarker(drift)}\n${driftMarkdown(drift)}${found}`;
  }

  #link(): string {
    const { run } = this.#options;
    return run === undefined ? "" : ` ([workflow run](${linked(run)}))`;
  }
}

async function findOpen({ octokit, place }: Repository, stack: string): Promise<Found | undefined> {
  const marker = markerOf(stack);
  for (let page = 1; page <= mostPages; page += 1) {
    const query = { ...place, state: "open", labels: labelsOf(stack).join(","), per_page: pageSize, page } as const;
    const { data } = await octokit.request("GET /repos/{owner}/{repo}/issues", query);
    const found = data.find(({ body }) => body?.includes(marker) === true);
    if (found !== undefined) return { number: found.number, body: found.body ?? "" };
    if (data.length < pageSize) return undefined;
  }
  return undefined;
}

function titleOf(drift: StackDrift): string {
  return headline(drift);
}

function labelsOf(stack: string): string[] {
  return ["drift", stack];
}

function markerOf(stack: string): string {
  return `<!-- atom-delivery drift ${stack.replaceAll("--", "- -")} -->`;
}

/** Tells what an issue says from what there is now, without a word about when it was found. */
function contentMarker(drift: StackDrift): string {
  const digest = createHash("sha256").update(JSON.stringify(drift)).digest("hex").slice(0, 16);
  return `<!-- atom-delivery content ${digest} -->`;
}
