import type { RepositoryEnvironmentDeploymentPolicyArgs } from "@pulumi/github";
import { found, type Input, type Kind } from "../kind.ts";

interface Inputs {
  readonly repository: string;
  readonly environment: string;
  readonly branchPattern: string;
}

const path = "/repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies";

const placeOf = (owner: string, { repository, environment }: Pick<Inputs, "repository" | "environment">) => ({
  ...{ owner, repo: repository, environment_name: environment },
});

export const branchPolicyKind: Kind<Inputs> = {
  inputs: {
    repository: "required",
    environment: "required, replaces",
    branchPattern: "required",
  } satisfies Partial<Record<keyof RepositoryEnvironmentDeploymentPolicyArgs, Input>>,
  defaults: {},
  deleteBeforeReplace: false,

  create: async ({ octokit, owner }, inputs) => {
    const { repository, environment, branchPattern } = inputs;
    const wanted = { ...placeOf(owner, inputs), name: branchPattern, type: "branch" as const };
    const { data } = await octokit.request(`POST ${path}`, wanted);
    return { id: `${repository}:${environment}:${String(data.id)}`, outputs: { ...inputs, policyId: data.id } };
  },

  read: async ({ octokit, owner }, id) => {
    const [repository = "", environment = "", policyId = ""] = id.split(":");
    const place = { ...placeOf(owner, { repository, environment }), branch_policy_id: Number(policyId) };
    const data = await found(octokit.request(`GET ${path}/{branch_policy_id}`, place));
    if (data === undefined) return undefined;
    const inputs = { repository, environment, branchPattern: data.name };
    return { id, inputs, outputs: { ...inputs, policyId: data.id } };
  },

  update: async ({ octokit, owner }, inputs, { policyId }) => {
    const { repository, environment, branchPattern } = inputs;
    const place = { ...placeOf(owner, inputs), branch_policy_id: Number(policyId) };
    await octokit.request(`PUT ${path}/{branch_policy_id}`, { ...place, name: branchPattern });
    return { id: `${repository}:${environment}:${String(policyId)}`, outputs: { ...inputs, policyId } };
  },

  delete: async ({ octokit, owner }, { repository, environment, policyId }) => {
    const place = placeOf(owner, { repository: String(repository), environment: String(environment) });
    await found(octokit.request(`DELETE ${path}/{branch_policy_id}`, { ...place, branch_policy_id: Number(policyId) }));
  },
};
