import type { RepositoryRulesetArgs } from "@pulumi/github";
import { found, present, type Api, type Input, type Kind, type Properties } from "../kind.ts";
import { fromApiRules, toApiRules } from "./rules.ts";

interface Inputs {
  readonly repository: string;
  readonly name: string;
  readonly target: "branch" | "tag" | "push";
  readonly enforcement: "active" | "disabled" | "evaluate";
  readonly conditions?: { readonly refName: { readonly includes: string[]; readonly excludes: string[] } };
  readonly rules: Properties;
}

const path = "/repos/{owner}/{repo}/rulesets";

/** The body of a request; who may go around the rules is always said: nobody. */
function bodyOf({ owner }: Api, { repository, name, target, enforcement, conditions, rules }: Inputs) {
  return {
    ...{ owner, repo: repository, name, target, enforcement, bypass_actors: [] },
    ...(conditions && {
      conditions: { ref_name: { include: conditions.refName.includes, exclude: conditions.refName.excludes } },
    }),
    // The official types of a rule are one by one; here they are read from a table.
    rules: toApiRules(rules) as never[],
  };
}

export const rulesetKind: Kind<Inputs> = {
  inputs: {
    repository: "required",
    name: "required",
    target: "required",
    enforcement: "required",
    conditions: "optional",
    rules: "required",
  } satisfies Partial<Record<keyof RepositoryRulesetArgs, Input>>,
  defaults: {},
  deleteBeforeReplace: false,

  create: async (api, inputs) => {
    const { data } = await api.octokit.request(`POST ${path}`, bodyOf(api, inputs));
    return { id: String(data.id), outputs: { ...inputs, rulesetId: data.id } };
  },

  read: async ({ octokit, owner }, id, { repository }) => {
    const place = { owner, repo: String(repository), ruleset_id: Number(id) };
    const data = await found(octokit.request(`GET ${path}/{ruleset_id}`, place));
    if (data === undefined) return undefined;
    const { name, target, enforcement, conditions, rules = [] } = data;
    const ref = conditions && "ref_name" in conditions ? conditions.ref_name : undefined;
    const inputs = present({
      ...{ repository, name, target, enforcement },
      conditions: ref && { refName: { includes: ref.include, excludes: ref.exclude } },
      rules: fromApiRules(rules),
    });
    return { id, inputs, outputs: { ...inputs, rulesetId: data.id } };
  },

  update: async (api, inputs, { rulesetId }) => {
    const body = { ...bodyOf(api, inputs), ruleset_id: Number(rulesetId) };
    await api.octokit.request(`PUT ${path}/{ruleset_id}`, body);
    return { id: String(rulesetId), outputs: { ...inputs, rulesetId } };
  },

  delete: async ({ octokit, owner }, { repository, rulesetId }) => {
    const place = { owner, repo: String(repository), ruleset_id: Number(rulesetId) };
    await found(octokit.request(`DELETE ${path}/{ruleset_id}`, place));
  },
};
