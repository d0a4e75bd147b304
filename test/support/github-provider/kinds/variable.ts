import type { ActionsEnvironmentVariableArgs } from "@pulumi/github";
import { found, type Input, type Kind } from "../kind.ts";

interface Inputs {
  readonly repository: string;
  readonly environment: string;
  readonly variableName: string;
  readonly value: string;
}

const path = "/repos/{owner}/{repo}/environments/{environment_name}/variables";

const placeOf = (owner: string, { repository, environment }: Omit<Inputs, "value" | "variableName">) => ({
  ...{ owner, repo: repository, environment_name: environment },
});

const idOf = ({ repository, environment, variableName }: Inputs) => `${repository}:${environment}:${variableName}`;

export const variableKind: Kind<Inputs> = {
  inputs: {
    repository: "required",
    environment: "required, replaces",
    variableName: "required, replaces",
    value: "required",
  } satisfies Record<keyof ActionsEnvironmentVariableArgs, Input>,
  defaults: {},
  deleteBeforeReplace: false,

  create: async ({ octokit, owner }, inputs) => {
    const { variableName: name, value } = inputs;
    await octokit.request(`POST ${path}`, { ...placeOf(owner, inputs), name, value });
    return { id: idOf(inputs), outputs: { ...inputs } };
  },

  read: async ({ octokit, owner }, id) => {
    const [repository = "", environment = "", name = ""] = id.split(":");
    const place = placeOf(owner, { repository, environment });
    const data = await found(octokit.request(`GET ${path}/{name}`, { ...place, name }));
    if (data === undefined) return undefined;
    const inputs = { repository, environment, variableName: name, value: data.value };
    return { id, inputs, outputs: inputs };
  },

  update: async ({ octokit, owner }, inputs) => {
    const { variableName: name, value } = inputs;
    await octokit.request(`PATCH ${path}/{name}`, { ...placeOf(owner, inputs), name, value });
    return { id: idOf(inputs), outputs: { ...inputs } };
  },

  delete: async ({ octokit, owner }, { repository, environment, variableName }) => {
    const place = placeOf(owner, { repository: String(repository), environment: String(environment) });
    await found(octokit.request(`DELETE ${path}/{name}`, { ...place, name: String(variableName) }));
  },
};
