import type { ActionsEnvironmentSecretArgs } from "@pulumi/github";
import sodium from "libsodium-wrappers";
import { found, type Api, type Input, type Kind, type Made } from "../kind.ts";

interface Inputs {
  readonly repository: string;
  readonly environment: string;
  readonly secretName: string;
  readonly value: string;
}

const path = "/repos/{owner}/{repo}/environments/{environment_name}/secrets";

/** Another value is written over the one before; nothing is deleted for it. */
async function put({ octokit, owner }: Api, inputs: Inputs): Promise<Made> {
  const { repository, environment, secretName, value } = inputs;
  const place = { owner, repo: repository, environment_name: environment };
  const { data: key } = await octokit.request(`GET ${path}/public-key`, place);
  await sodium.ready;
  const sealed = sodium.crypto_box_seal(value, sodium.from_base64(key.key, sodium.base64_variants.ORIGINAL));
  await octokit.request(`PUT ${path}/{secret_name}`, {
    ...{ ...place, secret_name: secretName, key_id: key.key_id },
    encrypted_value: sodium.to_base64(sealed, sodium.base64_variants.ORIGINAL),
  });
  const { data } = await octokit.request(`GET ${path}/{secret_name}`, { ...place, secret_name: secretName });
  const dates = { createdAt: data.created_at, updatedAt: data.updated_at, remoteUpdatedAt: data.updated_at };
  return { id: `${repository}:${environment}:${secretName}`, outputs: { ...inputs, ...dates, keyId: key.key_id } };
}

export const secretKind: Kind<Inputs> = {
  inputs: {
    repository: "required",
    environment: "required, replaces",
    secretName: "required, replaces",
    value: "required",
  } satisfies Partial<Record<keyof ActionsEnvironmentSecretArgs, Input>>,
  defaults: {},
  deleteBeforeReplace: true,
  create: put,
  update: put,

  read: async ({ octokit, owner }, id, state) => {
    const [repository = "", environment = "", secretName = ""] = id.split(":");
    const place = { owner, repo: repository, environment_name: environment, secret_name: secretName };
    const data = await found(octokit.request(`GET ${path}/{secret_name}`, place));
    if (data === undefined) return undefined;
    const inputs = { repository, environment, secretName, value: state.value };
    return { id, inputs, outputs: { ...state, ...inputs, remoteUpdatedAt: data.updated_at } };
  },

  delete: async ({ octokit, owner }, { repository, environment, secretName }) => {
    const place = { owner, repo: String(repository), environment_name: String(environment) };
    await found(octokit.request(`DELETE ${path}/{secret_name}`, { ...place, secret_name: String(secretName) }));
  },
};
