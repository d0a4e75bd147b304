import type { RepositoryEnvironmentArgs } from "@pulumi/github";
import { found, present, type Api, type Input, type Kind, type Made, type Properties } from "../kind.ts";

interface Inputs {
  readonly repository: string;
  readonly environment: string;
  readonly canAdminsBypass: boolean;
  readonly preventSelfReview: boolean;
  readonly waitTimer?: number;
  readonly reviewers?: readonly { readonly users?: readonly number[]; readonly teams?: readonly number[] }[];
  readonly deploymentBranchPolicy?: { readonly protectedBranches: boolean; readonly customBranchPolicies: boolean };
}

const path = "/repos/{owner}/{repo}/environments/{environment_name}";

async function put({ octokit, owner }: Api, inputs: Inputs): Promise<Made> {
  const { repository, environment, reviewers, waitTimer, deploymentBranchPolicy: policy } = inputs;
  const { users = [], teams = [] } = reviewers?.[0] ?? {};
  await octokit.request(`PUT ${path}`, {
    ...{ owner, repo: repository, environment_name: environment },
    // Sent by the official provider although GitHub does not describe it.
    ...{ can_admins_bypass: inputs.canAdminsBypass },
    prevent_self_review: inputs.preventSelfReview,
    ...(waitTimer === undefined ? {} : { wait_timer: waitTimer }),
    ...(reviewers === undefined
      ? {}
      : {
          reviewers: [
            ...teams.map((id) => ({ type: "Team" as const, id })),
            ...users.map((id) => ({ type: "User" as const, id })),
          ],
        }),
    ...(policy === undefined
      ? {}
      : {
          deployment_branch_policy: {
            protected_branches: policy.protectedBranches,
            custom_branch_policies: policy.customBranchPolicies,
          },
        }),
  });
  return { id: `${repository}:${environment}`, outputs: { ...inputs } };
}

export const environmentKind: Kind<Inputs> = {
  inputs: {
    repository: "required",
    environment: "required, replaces",
    canAdminsBypass: "optional",
    preventSelfReview: "optional",
    waitTimer: "optional",
    reviewers: "optional",
    deploymentBranchPolicy: "optional",
  } satisfies Record<keyof RepositoryEnvironmentArgs, Input>,
  defaults: { canAdminsBypass: true, preventSelfReview: false },
  deleteBeforeReplace: false,
  create: put,
  update: put,

  read: async ({ octokit, owner }, id, state) => {
    const [repository = "", environment = ""] = id.split(":");
    const data = await found(
      octokit.request(`GET ${path}`, { owner, repo: repository, environment_name: environment }),
    );
    if (data === undefined) return undefined;
    const inputs = present({
      ...{ ...environmentKind.defaults, ...state, repository, environment, waitTimer: undefined },
      canAdminsBypass: (data as { can_admins_bypass?: boolean }).can_admins_bypass,
      // Where there is no rule that asks for reviewers, those of the state stay: the official provider does not look.
      ...partsOf(data.protection_rules ?? []),
      deploymentBranchPolicy: data.deployment_branch_policy
        ? {
            protectedBranches: data.deployment_branch_policy.protected_branches,
            customBranchPolicies: data.deployment_branch_policy.custom_branch_policies,
          }
        : undefined,
    });
    return { id, inputs, outputs: inputs };
  },

  delete: async ({ octokit, owner }, { repository, environment }) => {
    const place = { owner, repo: String(repository), environment_name: String(environment) };
    await found(octokit.request(`DELETE ${path}`, place));
  },
};

function partsOf(rules: readonly object[]): Properties {
  return Object.fromEntries(rules.flatMap((rule) => Object.entries(rulePart(rule))));
}

/** What the official provider reads of one of an environment's rules. */
function rulePart(rule: object): Properties {
  const {
    type,
    wait_timer,
    prevent_self_review,
    reviewers = [],
  } = rule as {
    readonly type: string;
    readonly wait_timer?: number;
    readonly prevent_self_review?: boolean;
    readonly reviewers?: readonly { readonly type: string; readonly reviewer: { readonly id: number } }[];
  };
  if (type === "wait_timer") return { waitTimer: wait_timer };
  if (type !== "required_reviewers") return {};
  const idsOf = (kind: string) =>
    reviewers
      .filter((each) => each.type === kind)
      .map(({ reviewer }) => reviewer.id)
      .sort((a, b) => a - b);
  return { preventSelfReview: prevent_self_review, reviewers: [{ users: idsOf("User"), teams: idsOf("Team") }] };
}
