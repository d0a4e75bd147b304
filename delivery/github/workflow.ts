// What GitHub tells a workflow's job by its variables.
import { UserError } from "../../components/errors/user-error.ts";
import type { GithubAccess } from "../notify/github/client.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** GitHub is to be told something, and it is not known where or by whom. */
export class GithubAccessError extends UserError {
  override readonly name = "GithubAccessError";
}

/** The repository that a job is of, and its token: GITHUB_REPOSITORY, GITHUB_TOKEN, GITHUB_API_URL. Throws a {@link GithubAccessError}. */
export function githubAccess(variables: Variables): GithubAccess {
  const { GITHUB_TOKEN: token = "", GITHUB_REPOSITORY: repository = "", GITHUB_API_URL: apiUrl = "" } = variables;
  const [owner = "", repo = "", more] = repository.split("/");
  if (owner === "" || repo === "" || more !== undefined)
    throw new GithubAccessError("GITHUB_REPOSITORY names no repository as owner/name; in a workflow it does.");
  if (token === "")
    throw new GithubAccessError("GITHUB_TOKEN is not set; a workflow passes it on: GITHUB_TOKEN: ${{ github.token }}.");
  if (apiUrl === "") return { token, owner, repo };
  if (!URL.canParse(apiUrl)) throw new GithubAccessError("GITHUB_API_URL is no address.");
  return { token, owner, repo, apiUrl: apiUrl.replace(/\/$/, "") };
}

/** Address of the run that a job is of; undefined outside of a workflow. */
export function workflowRun(variables: Variables): string | undefined {
  const { GITHUB_SERVER_URL: server = "", GITHUB_REPOSITORY: repository = "", GITHUB_RUN_ID: run = "" } = variables;
  if (repository === "" || run === "" || !URL.canParse(server)) return undefined;
  return new URL(`/${repository}/actions/runs/${run}`, server).href;
}
