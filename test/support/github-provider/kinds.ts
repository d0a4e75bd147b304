import type { Kind } from "./kind.ts";
import { branchPolicyKind } from "./kinds/branch-policy.ts";
import { environmentKind } from "./kinds/environment.ts";
import { labelKind } from "./kinds/label.ts";
import { rulesetKind } from "./kinds/ruleset.ts";
import { secretKind } from "./kinds/secret.ts";
import { variableKind } from "./kinds/variable.ts";

/** A kind whose inputs come from the engine: what they are is checked as they come. */
export type AnyKind = Kind<Record<string, unknown>>;

const kinds: Readonly<Record<string, unknown>> = {
  "github:index/repositoryEnvironment:RepositoryEnvironment": environmentKind,
  "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy": branchPolicyKind,
  "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret": secretKind,
  "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable": variableKind,
  "github:index/repositoryRuleset:RepositoryRuleset": rulesetKind,
  "github:index/issueLabel:IssueLabel": labelKind,
};

/** The kind of a resource by its URN. Throws for one that the stand-in does not play: a repository above all. */
export function kindOf(urn: string): AnyKind {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const kind = kinds[type];
  if (kind === undefined) throw new Error(`the stand-in for the GitHub provider does not play ${type}`);
  return kind as AnyKind;
}
