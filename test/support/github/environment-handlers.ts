import { done, notFound, refusal, type Answer, type Call, type Handler } from "./call.ts";
import type { Operation } from "./published.ts";
import { dated, type BranchPolicy, type Dated, type Environment, type Reviewer } from "./settings.ts";

type EnvironmentOperation = Extract<Operation, `${string} /repos/{owner}/{repo}/environments/${string}`>;

/** A request about an environment that is there; its parts of the path as `part`. */
type Within = (environment: Environment, call: Call, part: string) => Answer;

function within(parameter: string, answer: Within): Handler {
  return (call) => {
    const environment = call.settings.environments.get(call.parameters.environment_name ?? "");
    return environment === undefined ? notFound : answer(environment, call, call.parameters[parameter] ?? "");
  };
}

const here = "environment_name";

/** What an environment consists of, as the published operations read and change it. */
export const environmentHandlers: Readonly<Record<EnvironmentOperation, Handler>> = {
  "GET /repos/{owner}/{repo}/environments/{environment_name}": within(here, (environment) => ({
    status: 200,
    body: environmentObject(environment),
  })),
  "PUT /repos/{owner}/{repo}/environments/{environment_name}": putEnvironment,
  "DELETE /repos/{owner}/{repo}/environments/{environment_name}": within(here, (environment, { settings }) => {
    for (const secret of environment.secrets.keys()) settings.deleteSecret(environment, secret);
    settings.environments.delete(environment.name);
    return done;
  }),

  "POST /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies": within(
    here,
    ({ policies, branchPolicy }, { settings, body }) => {
      const { name, type = "branch" } = body as { name: string; type?: BranchPolicy["type"] };
      if (branchPolicy?.custom_branch_policies !== true) return notFound;
      const policy = { id: settings.id(), name, type };
      policies.push(policy);
      return { status: 200, body: policy };
    },
  ),
  "GET /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}": within(
    "branch_policy_id",
    ({ policies }, _, id) => found(policies.find((policy) => String(policy.id) === id)),
  ),
  "PUT /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}": within(
    "branch_policy_id",
    ({ policies }, { body }, id) => {
      const index = policies.findIndex((policy) => String(policy.id) === id);
      const policy = policies[index];
      if (policy === undefined) return notFound;
      policies[index] = { ...policy, name: (body as { name: string }).name };
      return { status: 200, body: policies[index] };
    },
  ),
  "DELETE /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}": within(
    "branch_policy_id",
    ({ policies }, _, id) => {
      const index = policies.findIndex((policy) => String(policy.id) === id);
      return index >= 0 && policies.splice(index, 1).length > 0 ? done : notFound;
    },
  ),

  "GET /repos/{owner}/{repo}/environments/{environment_name}/secrets/public-key": within(here, (_, { settings }) => ({
    status: 200,
    body: { key_id: settings.keyId, key: settings.publicKey },
  })),
  "GET /repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name}": within(
    "secret_name",
    ({ secrets }, _, name) => found(datesOf(name, secrets.get(name))),
  ),
  "PUT /repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name}": within(
    "secret_name",
    (environment, { settings, body, now }, name) => {
      const { encrypted_value, key_id } = body as { encrypted_value: string; key_id: string };
      if (key_id !== settings.keyId) return refusal("the key is not the environment's");
      const isNew = !environment.secrets.has(name);
      settings.setSecret(environment, name, settings.open(encrypted_value), now);
      return isNew ? { status: 201, body: {} } : done;
    },
  ),
  "DELETE /repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name}": within(
    "secret_name",
    (environment, { settings }, name) => (settings.deleteSecret(environment, name) ? done : notFound),
  ),

  "POST /repos/{owner}/{repo}/environments/{environment_name}/variables": within(
    here,
    ({ variables }, { body, now }) => {
      const { name, value } = body as { name: string; value: string };
      if (variables.has(name)) return { status: 409, body: { message: "Already exists" } };
      variables.set(name, dated(undefined, value, now));
      return { status: 201, body: {} };
    },
  ),
  "GET /repos/{owner}/{repo}/environments/{environment_name}/variables/{name}": within(
    "name",
    ({ variables }, _, name) => {
      const variable = variables.get(name);
      return found(variable && { ...datesOf(name, variable), value: variable.value });
    },
  ),
  "PATCH /repos/{owner}/{repo}/environments/{environment_name}/variables/{name}": within(
    "name",
    ({ variables }, { body, now }, name) => {
      const before = variables.get(name);
      if (before === undefined) return notFound;
      variables.set(name, dated(before, (body as { value?: string }).value ?? before.value, now));
      return done;
    },
  ),
  "DELETE /repos/{owner}/{repo}/environments/{environment_name}/variables/{name}": within(
    "name",
    ({ variables }, _, name) => (variables.delete(name) ? done : notFound),
  ),
};

/** Makes or changes one: what the body leaves out is as it is for a new environment. */
function putEnvironment({ settings, parameters, body }: Call): Answer {
  const name = parameters.environment_name ?? "";
  const wanted = body as {
    wait_timer?: number;
    prevent_self_review?: boolean;
    reviewers?: readonly Reviewer[] | null;
    deployment_branch_policy?: Environment["branchPolicy"];
    can_admins_bypass?: boolean;
  };
  const reviewers = wanted.reviewers ?? [];
  const waitTimer = wanted.wait_timer ?? 0;
  const lacking = [...(reviewers.length > 0 ? ["required reviewers"] : []), ...(waitTimer > 0 ? ["wait timer"] : [])];
  if (lacking[0] !== undefined && !settings.hasProtectionRules)
    return refusal(
      "Failed to create the environment protection rule. Please ensure the billing plan supports the " +
        `${lacking[0]} protection rule.`,
    );
  if (wanted.prevent_self_review === true && reviewers.length === 0)
    return refusal("prevent_self_review needs reviewers");
  const known = { User: [...settings.users.values()], Team: [...settings.teams.values()] };
  if (reviewers.length > 6 || reviewers.some(({ type, id }) => !known[type].includes(id)))
    return refusal("a reviewer is nobody, or there are more than six");
  const environment = settings.environments.get(name) ?? {
    ...{ id: settings.id(), name, policies: [], secrets: new Map(), variables: new Map() },
  };
  const changed = {
    ...environment,
    ...{ waitTimer, reviewers, preventSelfReview: wanted.prevent_self_review ?? false },
    canAdminsBypass: wanted.can_admins_bypass ?? true,
    branchPolicy: wanted.deployment_branch_policy ?? null,
  };
  settings.environments.set(name, changed);
  return { status: 200, body: environmentObject(changed) };
}

function environmentObject(environment: Environment): object {
  const { id, name, waitTimer, reviewers, preventSelfReview, canAdminsBypass, branchPolicy } = environment;
  const rule = (type: string) => ({ id: id * 10, node_id: `rule-${type}`, type });
  return {
    ...{ id, name, can_admins_bypass: canAdminsBypass, deployment_branch_policy: branchPolicy },
    protection_rules: [
      ...(waitTimer > 0 ? [{ ...rule("wait_timer"), wait_timer: waitTimer }] : []),
      ...(reviewers.length > 0
        ? [
            {
              ...rule("required_reviewers"),
              prevent_self_review: preventSelfReview,
              reviewers: reviewers.map(({ type, id }) => ({ type, reviewer: { id } })),
            },
          ]
        : []),
      ...(branchPolicy === null ? [] : [rule("branch_policy")]),
    ],
  };
}

function found(body: object | undefined): Answer {
  return body === undefined ? notFound : { status: 200, body };
}

function datesOf(name: string, value: Dated | undefined): object | undefined {
  if (value === undefined) return undefined;
  const { createdAt, updatedAt } = value;
  return { name, created_at: new Date(createdAt).toISOString(), updated_at: new Date(updatedAt).toISOString() };
}
