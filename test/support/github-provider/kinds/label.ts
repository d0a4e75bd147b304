import type { IssueLabelArgs } from "@pulumi/github";
import { found, type Input, type Kind } from "../kind.ts";

interface Inputs {
  readonly repository: string;
  readonly name: string;
  readonly color: string;
  readonly description: string;
}

const path = "/repos/{owner}/{repo}/labels";

export const labelKind: Kind<Inputs> = {
  inputs: {
    repository: "required, replaces",
    name: "required",
    color: "required",
    description: "optional",
  } satisfies Partial<Record<keyof IssueLabelArgs, Input>>,
  defaults: { description: "" },
  deleteBeforeReplace: false,

  create: async ({ octokit, owner }, inputs) => {
    const { repository: repo, ...label } = inputs;
    await octokit.request(`POST ${path}`, { owner, repo, ...label });
    return { id: `${repo}:${inputs.name}`, outputs: { ...inputs } };
  },

  read: async ({ octokit, owner }, id) => {
    const [repository = "", name = ""] = id.split(":");
    const data = await found(octokit.request(`GET ${path}/{name}`, { owner, repo: repository, name }));
    if (data === undefined) return undefined;
    const inputs = { repository, name: data.name, color: data.color, description: data.description ?? "" };
    return { id, inputs, outputs: inputs };
  },

  update: async ({ octokit, owner }, inputs, { name: before }) => {
    const { repository: repo, name, ...looks } = inputs;
    await octokit.request(`PATCH ${path}/{name}`, { owner, repo, name: String(before), new_name: name, ...looks });
    return { id: `${repo}:${name}`, outputs: { ...inputs } };
  },

  delete: async ({ octokit, owner }, { repository, name }) => {
    await found(octokit.request(`DELETE ${path}/{name}`, { owner, repo: String(repository), name: String(name) }));
  },
};
