// What GitHub publishes about its API, as far as the stand-in plays it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";

/** A request's verb and place, as GitHub's description names them. */
export const operations = [
  "GET /repos/{owner}/{repo}/issues",
  "POST /repos/{owner}/{repo}/issues",
  "PATCH /repos/{owner}/{repo}/issues/{issue_number}",
  "GET /repos/{owner}/{repo}/issues/{issue_number}/comments",
  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
  "GET /repos/{owner}/{repo}/deployments",
  "POST /repos/{owner}/{repo}/deployments",
  "GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
  "POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
] as const;

export type Operation = (typeof operations)[number];

/** What a request of one operation may be. */
export interface Published {
  readonly name: Operation;
  readonly verb: string;
  /** With a group for each part that varies. */
  readonly path: RegExp;
  /** Names of the query's parameters. */
  readonly query: readonly string[];
  readonly body: ValidateFunction | undefined;
  /** Names of the body's fields. */
  readonly fields: readonly string[];
}

interface Parameter {
  readonly in: string;
  readonly name: string;
}

interface Description {
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: {
    readonly content: Readonly<
      Record<string, { readonly schema: { readonly properties?: Readonly<Record<string, object>> } }>
    >;
  };
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Description>>>>;
  readonly components: { readonly parameters: Readonly<Record<string, Parameter>> };
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
    const schema = description.requestBody?.content["application/json"]?.schema;
    return {
      name,
      verb,
      path: new RegExp(`^${path.replace(/\{[a-z_]+\}/g, "([^/]+)")}$`),
      query: parameters.flatMap((each) => (each?.in === "query" ? [each.name] : [])),
      body: schema && ajv.compile(jsonSchemaOf(schema) as object),
      fields: Object.keys(schema?.properties ?? {}),
    };
  });
}

/** OpenAPI 3.0 says `nullable` also where it names no type, which JSON Schema does not know. */
function jsonSchemaOf(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(jsonSchemaOf);
  if (typeof schema !== "object" || schema === null) return schema;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(schema).map(([key, value]): [string, unknown] => [key, jsonSchemaOf(value)]),
  );
  if (nullable !== true) return rest;
  return "type" in rest ? { ...rest, nullable } : { anyOf: [rest, { type: "null" }] };
}
