import type { Operation } from "./published.ts";
import { notFound, type Answer, type Handler } from "./call.ts";
import type { Deployment, Issue, Status } from "./repository.ts";
import { commentHandlers } from "./comment-handlers.ts";
import { environmentHandlers } from "./environment-handlers.ts";
import { paged } from "./paged.ts";
import { rulesHandlers } from "./rules-handlers.ts";

export { notFound, type Answer };

export const handlers: Readonly<Record<Operation, Handler>> = {
  "GET /repos/{owner}/{repo}/issues": ({ repository, query }) => {
    const state = query.get("state") ?? "open";
    const labels = (query.get("labels") ?? "").split(",").filter((label) => label !== "");
    const found = repository.issues.filter(
      (issue) => (state === "all" || issue.state === state) && labels.every((label) => issue.labels.includes(label)),
    );
    return { status: 200, body: paged(found.toReversed(), query).map(issueObject) };
  },
  "POST /repos/{owner}/{repo}/issues": ({ repository, body }) => {
    const {
      title,
      body: text,
      labels,
      assignees,
    } = body as {
      title: string;
      body?: string;
      labels?: string[];
      assignees?: string[];
    };
    const strangers = (assignees ?? []).filter((login) => !repository.members.has(login));
    if (strangers.length > 0) return { status: 422, body: { message: "Validation Failed", errors: strangers } };
    const issue: Issue = {
      ...{ number: repository.id(), title, body: text ?? "", labels: labels ?? [], assignees: assignees ?? [] },
      ...{ state: "open", stateReason: undefined, comments: [] },
    };
    repository.issues.push(issue);
    return { status: 201, body: issueObject(issue) };
  },
  "PATCH /repos/{owner}/{repo}/issues/{issue_number}": ({ repository, number, body }) => {
    const issue = repository.issue(number);
    if (issue === undefined) return notFound;
    const {
      title = issue.title,
      body: text = issue.body,
      state = issue.state,
      state_reason: stateReason = issue.stateReason,
    } = body as { title?: string; body?: string; state?: Issue["state"]; state_reason?: string };
    const changed = repository.change(issue, { title, body: text, state, stateReason });
    return { status: 200, body: issueObject(changed) };
  },
  "GET /repos/{owner}/{repo}/deployments": ({ repository, query }) => {
    const environment = query.get("environment");
    const found = repository.deployments.filter((each) => environment === null || each.environment === environment);
    return { status: 200, body: paged(found.toReversed(), query).map(deploymentObject) };
  },
  "POST /repos/{owner}/{repo}/deployments": ({ repository, body }) => {
    const { ref, environment, description, payload, production_environment } = body as {
      ref: string;
      environment?: string;
      description?: string;
      payload?: Readonly<Record<string, unknown>>;
      production_environment?: boolean;
    };
    const deployment: Deployment = {
      ...{ id: repository.id(), ref, environment: environment ?? "production", description: description ?? "" },
      ...{ payload: payload ?? {}, isProduction: production_environment === true, statuses: [] },
    };
    repository.deployments.push(deployment);
    return { status: 201, body: deploymentObject(deployment) };
  },
  "GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses": ({ repository, number, query }) => {
    const deployment = repository.deployment(number);
    if (deployment === undefined) return notFound;
    return { status: 200, body: paged(deployment.statuses.toReversed(), query).map(statusObject) };
  },
  "POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses": ({ repository, number, body }) => {
    const deployment = repository.deployment(number);
    if (deployment === undefined) return notFound;
    const { state, description, log_url } = body as { state: string; description?: string; log_url?: string };
    const status = { state, description: description ?? "", logUrl: log_url ?? "" };
    return { status: 201, body: statusObject(repository.addStatus(deployment, status)) };
  },
  ...commentHandlers,
  ...environmentHandlers,
  ...rulesHandlers,
};

function issueObject({ number, title, body, labels, assignees, state }: Issue): object {
  return {
    ...{ number, title, body, state },
    labels: labels.map((name) => ({ name })),
    assignees: assignees.map((login) => ({ login })),
  };
}

function deploymentObject({ id, ref, environment, description, payload }: Deployment): object {
  return { id, ref, environment, description, payload };
}

function statusObject({ id, state, description, logUrl }: Status): object {
  // The description has it as a URI, or not at all.
  return { id, state, description, ...(logUrl === "" ? {} : { log_url: logUrl }) };
}
