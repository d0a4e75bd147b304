import { readFile } from "node:fs/promises";
import { z } from "zod";
import { UserError } from "../../components/errors/user-error.ts";
import type { GithubAccess } from "../notify/github/client.ts";

/** This process is not told which pull request it is about, or has nothing to speak to GitHub with. */
export class PullRequestMissingError extends UserError {
  override readonly name = "PullRequestMissingError";
}

export interface PullRequest {
  readonly access: GithubAccess;
  readonly number: number;
  /** The newest commit of its branch; undefined where the event does not say it. */
  readonly commit: string | undefined;
  /** Whether it comes from another repository: then a workflow's token may read and no more. */
  readonly fromFork: boolean;
}

const repository = z.looseObject({ full_name: z.string() }).nullable();

const event = z.looseObject({
  pull_request: z
    .looseObject({
      number: z.int().positive(),
      head: z.looseObject({ sha: z.string().optional(), repo: repository.optional() }).optional(),
      base: z.looseObject({ repo: repository.optional() }).optional(),
    })
    .optional(),
  /** Of a comment on a pull request. */
  issue: z.looseObject({ number: z.int().positive(), pull_request: z.looseObject({}).optional() }).optional(),
});

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The pull request of a workflow's run, by GITHUB_EVENT_PATH, GITHUB_REPOSITORY and GITHUB_TOKEN (GITHUB_API_URL for GitHub Enterprise). Throws a
 * {@link PullRequestMissingError} that names what is missing.
 */
export async function pullRequestOf(variables: Variables): Promise<PullRequest> {
  const { pull_request: own, issue } = await eventAt(valueOf(variables, "GITHUB_EVENT_PATH"));
  const number = own?.number ?? (issue?.pull_request === undefined ? undefined : issue.number);
  if (number === undefined)
    throw new PullRequestMissingError(
      "The event of GITHUB_EVENT_PATH is about no pull request: there is nothing to comment on.",
    );
  const [owner, repo, more] = valueOf(variables, "GITHUB_REPOSITORY").split("/");
  if (owner === undefined || owner === "" || repo === undefined || repo === "" || more !== undefined)
    throw new PullRequestMissingError("GITHUB_REPOSITORY names no repository as owner/name.");
  const apiUrl = variables.GITHUB_API_URL?.replace(/\/$/, "");
  const from = own?.head?.repo;
  return {
    access: { token: valueOf(variables, "GITHUB_TOKEN"), owner, repo, apiUrl: apiUrl === "" ? undefined : apiUrl },
    number,
    commit: own?.head?.sha,
    // A fork that was deleted is null.
    fromFork: from === null || (from !== undefined && from.full_name !== own?.base?.repo?.full_name),
  };
}

async function eventAt(file: string): Promise<z.output<typeof event>> {
  try {
    return event.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new PullRequestMissingError("The file that GITHUB_EVENT_PATH names holds no event of GitHub's.", { cause });
  }
}

function valueOf(variables: Variables, name: string): string {
  const value = variables[name];
  if (value === undefined || value === "")
    throw new PullRequestMissingError(`--comment is for a workflow's run: ${name} is not set.`);
  return value;
}
