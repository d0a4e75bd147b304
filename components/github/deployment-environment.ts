import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";

/** Who may approve a deployment, by GitHub's ids: up to six in all. */
export interface Reviewers {
  readonly users: readonly number[];
  readonly teams: readonly number[];
}

export interface DeploymentEnvironmentArgs {
  /** Name of the repository, without its owner. */
  readonly repository: string;
  /** Name of the environment at GitHub. One that exists is taken over. */
  readonly environment: string;
  /** Of whom one has to approve each deployment; nobody: it needs no approval. */
  readonly reviewers: Reviewers;
  /** Whether whoever started a deployment may not be the one who approves it. Without reviewers there is nothing to approve. */
  readonly preventSelfReview: boolean;
  /** How long a job waits before it begins, in minutes; 0: not at all. */
  readonly waitMinutes: number;
  /** Branches, or patterns of them, that may be deployed from. */
  readonly branches: readonly string[];
  /** What its jobs read as secrets, by name. */
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  /** What its jobs read as variables, by name. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * An environment of a GitHub repository: who may deploy to it, and what its workflows know. Administrators cannot go around its rules. It is
 * protected, because all of its secrets go with it. It is made by the GitHub provider that the component is given.
 */
export class DeploymentEnvironment extends pulumi.ComponentResource {
  constructor(name: string, args: DeploymentEnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:github:DeploymentEnvironment", name, {}, opts);
    const { repository, branches, secrets, variables } = args;
    const made = new github.RepositoryEnvironment(name, rulesOf(args), { parent: this, protect: true });
    const within = { repository, environment: made.environment };
    for (const branch of branches)
      new github.RepositoryEnvironmentDeploymentPolicy(
        `${name}-branch-${branch}`,
        { ...within, branchPattern: branch },
        { parent: this },
      );
    for (const [secretName, value] of Object.entries(secrets))
      new github.ActionsEnvironmentSecret(
        `${name}-secret-${secretName}`,
        // Another value is written over the one before: see docs/decisions/0014.
        { ...within, secretName, value },
        // A destruction that the environment's protection stops has not deleted them before it came there.
        { parent: this, deletedWith: made },
      );
    for (const [variableName, value] of Object.entries(variables))
      new github.ActionsEnvironmentVariable(
        `${name}-variable-${variableName}`,
        { ...within, variableName, value },
        { parent: this },
      );
    this.registerOutputs({ environment: made.environment });
  }
}

/** The rules of an environment, as the provider takes them. What no plan but Enterprise has is left out where it is not asked for. */
function rulesOf({
  repository,
  environment,
  reviewers: { users, teams },
  preventSelfReview,
  waitMinutes,
}: DeploymentEnvironmentArgs): github.RepositoryEnvironmentArgs {
  // GitHub keeps them as a set.
  const ordered = (ids: readonly number[]) => ids.toSorted((a, b) => a - b);
  const isReviewed = users.length + teams.length > 0;
  return {
    ...{ repository, environment, canAdminsBypass: false },
    deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
    ...(isReviewed ? { reviewers: [{ users: ordered(users), teams: ordered(teams) }], preventSelfReview } : {}),
    ...(waitMinutes > 0 ? { waitTimer: waitMinutes } : {}),
  };
}
