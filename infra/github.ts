import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";
import { issueLabels } from "../components/github/issue-labels.ts";
import { judgePlan, type RepositoryStanding } from "../components/github/plan.ts";
import type { GithubArgs } from "../stacks/github.ts";
import { environments, type StackConfig } from "./config/schema.ts";
import { environmentSecrets, type SecretSources } from "./github/environment-secrets.ts";
import { GithubTokenMissingError, PlanError } from "./github/errors.ts";
import { readRepository } from "./github/read-repository.ts";
import type { Repository, RepositoryQuery } from "./github/repository.ts";

export interface GithubSources extends SecretSources {
  readonly stack: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks GitHub. @default {@link readRepository} */
  readonly read?: ((query: RepositoryQuery) => Promise<Repository>) | undefined;
}

/** A stack's part at GitHub, ready to be declared. */
export interface GithubOfStack {
  readonly provider: github.Provider;
  readonly args: GithubArgs;
  /** What is not as it should be there, and what to do. */
  readonly notes: readonly string[];
}

/**
 * Looks at a stack's repository and says what is to be declared there; undefined for a stack without GitHub. Every decision is made here,
 * before anything is changed. Throws a GithubTokenMissingError, a GithubRefusalError, a GithubUnreachableError, an UnknownReviewersError
 * or a PlanError.
 */
export async function githubOfStack({
  stack,
  env,
  read = readRepository,
  ...sources
}: GithubSources): Promise<GithubOfStack | undefined> {
  const { github: section } = sources.config;
  if (section === undefined) return undefined;
  const variable = env.GITHUB_ADMIN_TOKEN ?? "";
  const token = variable === "" ? sources.secrets.githubToken : pulumi.secret(variable);
  if (token === undefined) throw new GithubTokenMissingError(stack);
  const [owner = "", name = ""] = section.repository.split("/");
  const { environment = stack, apiUrl, reviewers, manageRepository } = section;
  const labels = manageRepository ? issueLabels(environments.filter((each) => each !== "local")) : [];
  const repository = await read({
    ...{ owner, name, environment, apiUrl, ...reviewers },
    token: await valueOf(token),
    labels: labels.map((label) => label.name),
  });
  return {
    provider: new github.Provider("github", { owner, token, baseUrl: apiUrl ?? "https://api.github.com/" }),
    args: {
      environment: {
        ...{ repository: name, environment, reviewers: { users: repository.users, teams: repository.teams } },
        preventSelfReview: section.preventSelfReview,
        waitMinutes: section.waitTimer / 60_000,
        branches: section.branches,
        secrets: environmentSecrets(sources),
        variables: section.variables,
      },
      repository: manageRepository
        ? {
            ...{ repository: name, branches: section.branches },
            labels: labels.map((label) => ({ ...label, existing: repository.labels[label.name] })),
          }
        : undefined,
    },
    notes: [...planNotes(section, repository), ...reviewNotes(section, environment, repository)],
  };
}

type GithubSection = NonNullable<StackConfig["github"]>;

/** GitHub's word on the plan counts more than the configuration's. Throws a {@link PlanError} where it is not enough. */
function planNotes(section: GithubSection, { isPublic, plan = section.plan }: Repository): readonly string[] {
  const standing: RepositoryStanding = { isPublic, plan };
  const verdict = judgePlan(standing, {
    reviewers: section.reviewers.users.length + section.reviewers.teams.length > 0,
    waitTimer: section.waitTimer > 0,
    ruleset: section.manageRepository,
  });
  if (verdict.kind === "enough") return [];
  if (plan !== undefined) throw new PlanError(section.repository, plan, verdict);
  return [
    `warning: GitHub does not tell the plan of ${section.repository}, which is not public; whether it has ${verdict.features.join(", ")} ` +
      "shows only when they are declared: set atom:github.plan",
  ];
}

/** The provider does not see that an environment has lost all of its reviewers, so nothing would bring them back. */
function reviewNotes({ reviewers }: GithubSection, environment: string, { isReviewed }: Repository): readonly string[] {
  if (isReviewed !== false || reviewers.users.length + reviewers.teams.length === 0) return [];
  return [
    `warning: the environment ${environment} has no required reviewers at GitHub. A first run brings them. Where somebody took them away, ` +
      "the provider sees no difference: add any one of them there by hand, and `npm run up -- --refresh` brings back the others",
  ];
}

/** The value of a secret, for requests of our own; it goes nowhere else. */
function valueOf(secret: pulumi.Output<string>): Promise<string> {
  return new Promise((resolve) => {
    secret.apply(resolve);
  });
}
