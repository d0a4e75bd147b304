import type * as pulumi from "@pulumi/pulumi";
import { DeploymentEnvironment, type DeploymentEnvironmentArgs } from "../components/github/deployment-environment.ts";
import { RepositorySettings, type RepositorySettingsArgs } from "../components/github/repository-settings.ts";

/** What a stack has at GitHub. */
export interface GithubArgs {
  readonly environment: DeploymentEnvironmentArgs;
  /** What the repository has once. @default another stack looks after it, or nobody */
  readonly repository?: RepositorySettingsArgs | undefined;
}

/** Declares a stack's environment at GitHub, and the repository's settings where the stack looks after them. */
export function declareGithub({ environment, repository }: GithubArgs, opts: pulumi.ComponentResourceOptions): void {
  new DeploymentEnvironment("github", environment, opts);
  if (repository !== undefined) new RepositorySettings("repository", repository, opts);
}
