import { done, notFound, refusal, type Answer, type Call, type Handler } from "./call.ts";
import type { Operation } from "./published.ts";
import type { Label, RepositorySettings, Ruleset } from "./settings.ts";

type RulesOperation = Exclude<
  Extract<
    Operation,
    | `${string} /repos/{owner}/{repo}`
    | `${string} /repos/{owner}/{repo}/labels${string}`
    | `${string} /repos/{owner}/{repo}/rulesets${string}`
    | `${string} /orgs/${string}`
    | `${string} /users/${string}`
  >,
  `${string} /repos/{owner}/{repo}/environments/${string}`
>;

/** The repository, whose it is, and what it has once: labels and rulesets. */
export const rulesHandlers: Readonly<Record<RulesOperation, Handler>> = {
  "GET /repos/{owner}/{repo}": ({ settings, parameters: { owner = "", repo = "" } }) => ({
    status: 200,
    body: {
      ...{ id: 42, name: repo, full_name: `${owner}/${repo}`, visibility: settings.visibility },
      private: settings.visibility !== "public",
      owner: { login: owner, type: settings.owner },
      permissions: { admin: settings.isAdmin, push: true, pull: true },
    },
  }),
  "GET /orgs/{org}": ({ settings, parameters: { org = "" } }) =>
    settings.owner === "Organization" ? { status: 200, body: { login: org, ...planOf(settings) } } : notFound,
  "GET /orgs/{org}/teams/{team_slug}": ({ settings, parameters: { team_slug: slug = "" } }) => {
    const id = settings.teams.get(slug);
    return id === undefined ? notFound : { status: 200, body: { id, slug } };
  },
  "GET /users/{username}": ({ settings, parameters: { username = "" } }) => {
    const owns = settings.owner === "User" && username === settings.ownerName;
    const id = settings.users.get(username) ?? (owns ? 1 : undefined);
    return id === undefined
      ? notFound
      : { status: 200, body: { id, login: username, ...(owns ? planOf(settings) : {}) } };
  },

  "POST /repos/{owner}/{repo}/labels": ({ settings, body }) => {
    const { name, color = "ededed", description = "" } = body as { name: string; color?: string; description?: string };
    if (settings.label(name) !== undefined)
      return { status: 422, body: { message: "Validation Failed", errors: [{ code: "already_exists" }] } };
    settings.setLabel({ name, color, description });
    return { status: 201, body: settings.label(name) };
  },
  "GET /repos/{owner}/{repo}/labels/{name}": withLabel((label) => ({ status: 200, body: label })),
  "PATCH /repos/{owner}/{repo}/labels/{name}": withLabel((label, { settings, body }) => {
    const { new_name: name = label.name, ...rest } = body as { new_name?: string; color?: string };
    settings.setLabel({ ...label, ...rest, name }, label.name);
    return { status: 200, body: settings.label(name) };
  }),
  "DELETE /repos/{owner}/{repo}/labels/{name}": withLabel(({ name }, { settings }) => {
    settings.deleteLabel(name);
    return done;
  }),

  "POST /repos/{owner}/{repo}/rulesets": ({ settings, body }) => {
    if (isBeyondPlan(settings))
      return { status: 403, body: { message: "Upgrade to GitHub Pro or make this repository public" } };
    if ([...settings.rulesets.values()].some(({ name }) => name === body.name)) return refusal("Name must be unique");
    const ruleset = rulesetOf(settings.id(), body);
    settings.rulesets.set(ruleset.id, ruleset);
    return { status: 201, body: rulesetObject(ruleset, settings) };
  },
  "GET /repos/{owner}/{repo}/rulesets/{ruleset_id}": withRuleset((ruleset, { settings }) => ({
    status: 200,
    body: rulesetObject(ruleset, settings),
  })),
  "PUT /repos/{owner}/{repo}/rulesets/{ruleset_id}": withRuleset(({ id }, { settings, body }) => {
    const ruleset = rulesetOf(id, body);
    settings.rulesets.set(id, ruleset);
    return { status: 200, body: rulesetObject(ruleset, settings) };
  }),
  "DELETE /repos/{owner}/{repo}/rulesets/{ruleset_id}": withRuleset(({ id }, { settings }) => {
    settings.rulesets.delete(id);
    return done;
  }),
};

function withLabel(answer: (label: Label, call: Call) => Answer): Handler {
  return (call) => {
    const label = call.settings.label(call.parameters.name ?? "");
    return label === undefined ? notFound : answer(label, call);
  };
}

function withRuleset(answer: (ruleset: Ruleset, call: Call) => Answer): Handler {
  return (call) => {
    const ruleset = call.settings.rulesets.get(Number(call.parameters.ruleset_id));
    return ruleset === undefined ? notFound : answer(ruleset, call);
  };
}

function planOf({ plan }: RepositorySettings): object {
  return plan === undefined ? {} : { plan: { name: plan, space: 1, private_repos: 1 } };
}

function isBeyondPlan({ visibility, plan }: RepositorySettings): boolean {
  return visibility !== "public" && plan === "free";
}

function rulesetOf(id: number, body: Call["body"]): Ruleset {
  const defaults = { target: "branch", bypass_actors: [], conditions: null, rules: [] };
  return { ...defaults, ...(body as { name: string; enforcement: string }), id };
}

function rulesetObject(ruleset: Ruleset, { ownerName }: RepositorySettings): object {
  return { ...ruleset, source_type: "Repository", source: `${ownerName}/atom`, node_id: `ruleset-${ruleset.id}` };
}
