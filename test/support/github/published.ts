// What GitHub publishes about its API, as far as the stand-in plays it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { withAdditions } from "./additions.ts";
import { answerSchemaOf, fieldsOf, requestSchemaOf, type Schema } from "./json-schema.ts";

/** A request's verb and place, as GitHub's description names them. */
export const operations = [
  "GET /repos/{owner}/{repo}/issues",
  "POST /repos/{owner}/{repo}/issues",
  "PATCH /repos/{owner}/{repo}/issues/{issue_number}",
  "GET /repos/{owner}/{repo}/issues/{issue_number}/comments",
  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
  "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}",
  "GET /user",
  "GET /repos/{owner}/{repo}/deployments",
  "POST /repos/{owner}/{repo}/deployments",
  "GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
  "POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
  "GET /repos/{owner}/{repo}",
  "GET /orgs/{org}",
  "GET /orgs/{org}/teams/{team_slug}",
  "GET /users/{username}",
  "GET /repos/{owner}/{repo}/environments/{environment_name}",
  "PUT /repos/{owner}/{repo}/environments/{environment_name}",
  "DELETE /repos/{owner}/{repo}/environments/{environment_name}",
  "POST /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies",
  "GET /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}",
  "PUT /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}",
  "DELETE /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}",
  // Before the secrets by name: it is none of them.
  "GET /repos/{owner}/{repo}/environments/{environment_name}/secrets/public-key",
  "GET /repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name}",
  "PUT /repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name}",
  "DELETE /repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name}",
  "POST /repos/{owner}/{repo}/environments/{environment_name}/variables",
  "GET /repos/{owner}/{repo}/environments/{environment_name}/variables/{name}",
  "PATCH /repos/{owner}/{repo}/environments/{environment_name}/variables/{name}",
  "DELETE /repos/{owner}/{repo}/environments/{environment_name}/variables/{name}",
  "POST /repos/{owner}/{repo}/labels",
  "GET /repos/{owner}/{repo}/labels/{name}",
  "PATCH /repos/{owner}/{repo}/labels/{name}",
  "DELETE /repos/{owner}/{repo}/labels/{name}",
  "POST /repos/{owner}/{repo}/rulesets",
  "GET /repos/{owner}/{repo}/rulesets/{ruleset_id}",
  "PUT /repos/{owner}/{repo}/rulesets/{ruleset_id}",
  "DELETE /repos/{owner}/{repo}/rulesets/{ruleset_id}",
] as const;

export type Operation = (typeof operations)[number];

/** What a request of one operation may be, and what answers it. */
export interface Published {
  readonly name: Operation;
  readonly verb: string;
  /** With a named group for each part that varies. */
  readonly path: RegExp;
  /** Names of the query's parameters. */
  readonly query: readonly string[];
  readonly body: ValidateFunction | undefined;
  /** Names of the body's fields. */
  readonly fields: readonly string[];
  /** Says whether an answer with this status may be of this form; undefined for a status whose body GitHub does not describe. */
  readonly answer: (status: number) => ValidateFunction | undefined;
}

interface Parameter {
  readonly in: string;
  readonly name: string;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Description {
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Description>>>>;
  readonly components: {
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly schemas: Readonly<Record<string, Schema>>;
  };
}

/** Reads GitHub's own description of these operations. */
export function publishedOperations(): readonly Published[] {
  const file = createRequire(import.meta.url).resolve("@octokit/openapi/generated/api.github.com.json");
  const { paths, components } = JSON.parse(readFileSync(file, "utf8")) as Document;
  // Its schemas hold annotations that are no JSON Schema.
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return operations.map((name) => {
    const [verb = "", path = ""] = name.split(" ");
    const description = paths[path]?.[verb.toLowerCase()];
    if (description === undefined) throw new Error(`GitHub publishes no ${name}`);
    const parameters = (description.parameters ?? []).map((each) =>
      "$ref" in each ? components.parameters[each.$ref.split("/").at(-1) ?? ""] : each,
    );
    const schema = withAdditions(name, jsonOf(description.requestBody));
    const answers = new Map<number, ValidateFunction | undefined>();
    return {
      name,
      verb,
      path: new RegExp(`^${path.replace(/\{([a-z_]+)\}/g, "(?<$1>[^/]+)")}$`),
      query: parameters.flatMap((each) => (each?.in === "query" ? [each.name] : [])),
      body: schema && ajv.compile(requestSchemaOf(schema, components.schemas)),
      fields: fieldsOf(schema, components.schemas),
      answer: (status) => {
        const published = jsonOf(description.responses[String(status)]);
        if (!answers.has(status))
          answers.set(status, published && ajv.compile(answerSchemaOf(published, components.schemas)));
        return answers.get(status);
      },
    };
  });
}

function jsonOf(part: Content | undefined): Schema | undefined {
  return part?.content?.["application/json"]?.schema;
}
