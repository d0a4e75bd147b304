import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";
import type { IssueLabel } from "./issue-labels.ts";
import { actionsAppId, requiredChecks } from "./required-checks.ts";

/** A label, and how it is spelled where the repository has it already. */
export interface WantedLabel extends IssueLabel {
  /** @default it is made */
  readonly existing?: string | undefined;
}

export interface RepositorySettingsArgs {
  /** Name of the repository, without its owner. */
  readonly repository: string;
  /** Branches, or patterns of them, that every change comes to by a pull request. */
  readonly branches: readonly string[];
  readonly labels: readonly WantedLabel[];
}

/**
 * What a repository has once, whatever the number of its environments: a ruleset for the branches that are deployed, and the labels of the
 * issues that releases open. The repository itself is nobody's resource here.
 */
export class RepositorySettings extends pulumi.ComponentResource {
  /** GitHub's id of the ruleset. */
  readonly rulesetId: pulumi.Output<number>;

  constructor(name: string, args: RepositorySettingsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:github:RepositorySettings", name, {}, opts);
    const ruleset = new github.RepositoryRuleset(`${name}-deployed-branches`, rulesetOf(args), {
      parent: this,
      protect: true,
    });
    for (const label of args.labels) declareLabel(`${name}-label-${label.name}`, args.repository, label, this);
    this.rulesetId = ruleset.rulesetId;
    this.registerOutputs({ rulesetId: this.rulesetId });
  }
}

/** A label that exists is taken over as it is, and none is deleted: it would go from every issue that has it. */
function declareLabel(
  name: string,
  repository: string,
  { existing, ...label }: WantedLabel,
  parent: pulumi.Resource,
): void {
  new github.IssueLabel(
    name,
    { repository, ...label, name: existing ?? label.name },
    {
      parent,
      ignoreChanges: ["color", "description"],
      retainOnDelete: true,
      ...(existing === undefined ? {} : { import: `${repository}:${existing}` }),
    },
  );
}

function rulesetOf({ repository, branches }: RepositorySettingsArgs): github.RepositoryRulesetArgs {
  return {
    ...{ repository, name: "Deployed branches", target: "branch", enforcement: "active" },
    conditions: { refName: { includes: branches.map((branch) => `refs/heads/${branch}`), excludes: [] } },
    rules: {
      deletion: true,
      nonFastForward: true,
      requiredLinearHistory: true,
      pullRequest: {
        allowedMergeMethods: ["rebase", "squash"],
        requiredApprovingReviewCount: 1,
        dismissStaleReviewsOnPush: true,
        requireLastPushApproval: true,
        requiredReviewThreadResolution: true,
      },
      requiredStatusChecks: {
        // Without the app's id anybody who may write a commit's status could report a check as passed.
        requiredChecks: requiredChecks.map((context) => ({ context, integrationId: actionsAppId })),
        strictRequiredStatusChecksPolicy: true,
      },
    },
  };
}
