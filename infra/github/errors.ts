import { UserError } from "../../components/errors/user-error.ts";
import type { PlanVerdict } from "../../components/github/plan.ts";

const unchanged = "Nothing was changed.";

/** What a token has to be allowed, in GitHub's words. */
const permissions =
  "a fine-grained token of an administrator, or of an app, for this repository: Administration, Environments, Secrets, Variables and Issues: " +
  "read and write; Metadata: read; of the organization, Members: read where teams review";

/** Nobody is said to declare the environment. */
export class GithubTokenMissingError extends UserError {
  override readonly name = "GithubTokenMissingError";

  constructor(stack: string) {
    super(
      `The stack "${stack}" has an environment at GitHub (atom:github), and no token to declare it with. ${unchanged}\n` +
        `Set it: pulumi config set --secret --stack ${stack} atom:githubToken, or the variable GITHUB_ADMIN_TOKEN. It is ${permissions}.`,
    );
  }
}

/** GitHub does not accept the token, or does not let it see or change the repository. */
export class GithubRefusalError extends UserError {
  override readonly name = "GithubRefusalError";
  readonly repository: string;
  /** Of GitHub's answer. */
  readonly status: number;

  constructor(repository: string, status: number, options?: ErrorOptions) {
    super(
      `${refusals[status] ?? `GitHub answered ${status}`} (${repository}). ${unchanged}\nNeeded: ${permissions}.`,
      options,
    );
    this.repository = repository;
    this.status = status;
  }
}

const refusals: Readonly<Record<number, string>> = {
  401: "GitHub does not accept the token: it is wrong, expired or revoked",
  403: "GitHub does not let the token change the repository's settings",
  404: "GitHub knows no such repository, or does not let the token see it",
};

/** GitHub gives no answer that can be read. */
export class GithubUnreachableError extends UserError {
  override readonly name = "GithubUnreachableError";

  constructor(apiUrl: string, reason: string, options?: ErrorOptions) {
    super(
      `GitHub (${apiUrl}) cannot be reached: ${reason}. ${unchanged}\n` +
        "What the repository allows is not known. Try again, or check atom:github.apiUrl.",
      options,
    );
  }
}

/** GitHub does not know those who are to approve. */
export class UnknownReviewersError extends UserError {
  override readonly name = "UnknownReviewersError";
  readonly unknown: readonly string[];

  constructor(unknown: readonly string[]) {
    super(
      `GitHub does not know who is to approve deployments: ${unknown.join(", ")}. ${unchanged}\n` +
        "Correct atom:github.reviewers. A team is one of the repository's organization, named as in its URL.",
    );
    this.unknown = unknown;
  }
}

/** The plan of the repository's owner lacks what the stack asks for. */
export class PlanError extends UserError {
  override readonly name = "PlanError";
  readonly features: readonly string[];

  constructor(repository: string, plan: string, { features }: PlanVerdict) {
    super(
      `The repository ${repository} is not public, and GitHub's plan "${plan}" has no ${features.join(" and no ")} for such a one. ${unchanged}\n` +
        "Make the repository public, move to GitHub Enterprise, or take what is missing out of atom:github " +
        "(without required reviewers, releases wait for a person by the step { pause: approval } and `atom approve`).",
    );
    this.features = features;
  }
}
