import { Octokit } from "@octokit/core";
import { plans, type Plan } from "../../components/github/plan.ts";
import { GithubRefusalError, GithubUnreachableError, UnknownReviewersError } from "./errors.ts";
import type { Repository, RepositoryQuery } from "./repository.ts";

/** How long GitHub may take for all answers together, in milliseconds. */
const deadlineMs = 30_000;

/**
 * Asks GitHub about a repository; changes nothing. Throws a {@link GithubRefusalError}, a {@link GithubUnreachableError} or an
 * {@link UnknownReviewersError}.
 */
export async function readRepository(query: RepositoryQuery): Promise<Repository> {
  const { owner, name, apiUrl = "https://api.github.com" } = query;
  try {
    return await read(connect(query.token, apiUrl), query);
  } catch (error) {
    if (error instanceof GithubRefusalError || error instanceof UnknownReviewersError) throw error;
    const status = statusOf(error);
    if (status !== undefined && status < 500)
      throw new GithubRefusalError(`${owner}/${name}`, status, { cause: error });
    throw new GithubUnreachableError(apiUrl, reasonOf(error), { cause: error });
  }
}

const quiet = (): undefined => undefined;

function connect(token: string, baseUrl: string): Octokit {
  const signal = AbortSignal.timeout(deadlineMs);
  return new Octokit({
    auth: token,
    baseUrl,
    userAgent: "atom-delivery",
    request: { signal },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
}

async function read(octokit: Octokit, query: RepositoryQuery): Promise<Repository> {
  const { owner, name, environment, users, teams, labels } = query;
  const place = { owner, repo: name };
  const { data } = await octokit.request("GET /repos/{owner}/{repo}", place);
  if (data.permissions?.admin === false) throw new GithubRefusalError(`${owner}/${name}`, 403);
  const isPublic = data.visibility === "public";
  const [plan, userIds, teamIds, spelled, isReviewed] = await Promise.all([
    // A public repository needs none.
    isPublic ? undefined : planOf(octokit, owner, data.owner.type),
    Promise.all(users.map((username) => known(octokit.request("GET /users/{username}", { username })))),
    Promise.all(
      teams.map((slug) => known(octokit.request("GET /orgs/{org}/teams/{team_slug}", { org: owner, team_slug: slug }))),
    ),
    Promise.all(
      labels.map((label) =>
        known(octokit.request("GET /repos/{owner}/{repo}/labels/{name}", { ...place, name: label })),
      ),
    ),
    isReviewedAt(octokit, place, environment),
  ]);
  const unknown = [
    ...users.filter((_, index) => userIds[index] === undefined),
    ...teams.filter((_, index) => teamIds[index] === undefined).map((slug) => `${owner}/${slug}`),
  ];
  if (unknown.length > 0) throw new UnknownReviewersError(unknown);
  return {
    ...{ isPublic, plan, isReviewed },
    users: userIds.flatMap((user) => (user === undefined ? [] : Number(user.id))),
    teams: teamIds.flatMap((team) => team?.id ?? []),
    labels: Object.fromEntries(
      labels.flatMap((label, index) => {
        const found = spelled[index];
        return found === undefined ? [] : [[label, found.name]];
      }),
    ),
  };
}

async function planOf(octokit: Octokit, owner: string, type: string): Promise<Plan | undefined> {
  const answer =
    type === "Organization"
      ? await known(octokit.request("GET /orgs/{org}", { org: owner }))
      : await known(octokit.request("GET /users/{username}", { username: owner }));
  // GitHub tells the plan to those alone who may see the owner's settings.
  return plans.find((plan) => plan === answer?.plan?.name);
}

async function isReviewedAt(
  octokit: Octokit,
  place: { readonly owner: string; readonly repo: string },
  environment: string,
): Promise<boolean | undefined> {
  const found = await known(
    octokit.request("GET /repos/{owner}/{repo}/environments/{environment_name}", {
      ...place,
      environment_name: environment,
    }),
  );
  return found && (found.protection_rules ?? []).some(({ type }) => type === "required_reviewers");
}

/** What is answered; undefined where there is no such thing. */
async function known<Data>(request: Promise<{ readonly data: Data }>): Promise<Data | undefined> {
  try {
    return (await request).data;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** The status of GitHub's answer; a failure of the network has none, although Octokit gives it 500. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("response" in error)) return undefined;
  return "status" in error && typeof error.status === "number" ? error.status : undefined;
}

function reasonOf(error: unknown): string {
  const status = statusOf(error);
  if (status !== undefined) return `it answered ${status}`;
  return error instanceof Error ? error.message : String(error);
}
