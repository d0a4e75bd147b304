import { readFile } from "node:fs/promises";
import { z } from "zod";
import { UserError } from "../../components/errors/user-error.ts";

/** The run is of no pull request, or does not say of which. */
export class PullRequestMissingError extends UserError {
  override readonly name = "PullRequestMissingError";
}

export interface PullRequest {
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

/** The pull request that a workflow's run is about, by the event that began it. Throws a {@link PullRequestMissingError}. */
export async function pullRequestOf({
  GITHUB_EVENT_PATH: file = "",
}: Readonly<Record<string, string | undefined>>): Promise<PullRequest> {
  if (file === "") throw new PullRequestMissingError("GITHUB_EVENT_PATH is not set; in a workflow it is.");
  const { pull_request: own, issue } = await eventAt(file);
  const number = own?.number ?? (issue?.pull_request === undefined ? undefined : issue.number);
  if (number === undefined)
    throw new PullRequestMissingError(
      "The event of GITHUB_EVENT_PATH is about no pull request: there is nothing to comment on.",
    );
  const from = own?.head?.repo;
  return {
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
