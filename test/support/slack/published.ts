import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import {
  answerChanges,
  commonErrors,
  failureProperties,
  newArguments,
  newErrors,
  requiredArguments,
} from "./additions.ts";

export type ArgumentType = "string" | "boolean" | "integer" | "number";

export interface Argument {
  readonly type: ArgumentType;
  readonly required: boolean;
}

/** A method of the Web API as Slack publishes it. */
export interface Method {
  readonly name: string;
  /** Without the token, which comes in a header. */
  readonly arguments: ReadonlyMap<string, Argument>;
  /** Whether arguments may come as JSON, or as a form alone. */
  readonly takesJson: boolean;
  readonly answer: ValidateFunction;
  readonly failure: ValidateFunction;
}

type Json = Record<string, unknown>;

interface FailureSchema {
  properties: { error?: { enum: string[] } } & Json;
}

interface Operation {
  readonly consumes: readonly string[];
  readonly parameters: readonly { readonly name: string; readonly type: ArgumentType; readonly required?: boolean }[];
  readonly responses: Readonly<Record<"200" | "default", { readonly schema: FailureSchema }>>;
}

interface Published {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly definitions: Json;
}

const FILE = path.join(import.meta.dirname, "slack-web-api.json");

let methods: ReadonlyMap<string, Method> | undefined;

/** Every method that the stand-in knows, by name: the published schema with the documented additions. Compiled once in a process. */
export function publishedMethods(): ReadonlyMap<string, Method> {
  methods ??= readMethods();
  return methods;
}

function readMethods(): ReadonlyMap<string, Method> {
  const published = JSON.parse(readFileSync(FILE, "utf8")) as Published;
  for (const { at, schema } of answerChanges) put(published, at, schema);
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const definitions = alternatives(published.definitions) as Json;
  const compile = (schema: unknown) => ajv.compile({ ...(alternatives(schema) as Json), definitions });
  return new Map(
    Object.entries(published.paths).flatMap(([at, operations]) =>
      Object.values(operations).map((operation) => {
        const name = at.slice(1);
        return [name, methodOf(name, operation, compile)] as const;
      }),
    ),
  );
}

function methodOf(name: string, operation: Operation, compile: (schema: unknown) => ValidateFunction): Method {
  const { consumes, parameters, responses } = operation;
  const required = requiredArguments[name] ?? [];
  const known = parameters
    .filter((parameter) => parameter.name !== "token")
    .map((parameter) => {
      const { type } = parameter;
      return [
        parameter.name,
        { type, required: parameter.required === true || required.includes(parameter.name) },
      ] as const;
    });
  const added = Object.entries(newArguments[name] ?? {}).map(
    ([key, type]) => [key, { type, required: false }] as const,
  );
  return {
    name,
    arguments: new Map([...known, ...added]),
    takesJson: consumes.includes("application/json"),
    answer: compile(responses["200"].schema),
    failure: compile(withNewErrors(name, responses.default.schema)),
  };
}

function withNewErrors(name: string, schema: FailureSchema): FailureSchema {
  const published = schema.properties.error?.enum ?? [];
  const errors = [...new Set([...published, ...commonErrors, ...(newErrors[name] ?? [])])];
  return {
    ...schema,
    properties: { ...schema.properties, ...failureProperties, error: { enum: errors } },
  };
}

function put(target: unknown, at: readonly string[], value: unknown): void {
  const [last, ...parents] = at.toReversed();
  let parent = target as Json;
  for (const key of parents.toReversed()) parent = parent[key] as Json;
  parent[last ?? ""] = value;
}

/** Slack writes alternatives as a list under `items`, which to JSON Schema says nothing of what is no array. */
function alternatives(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(alternatives);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) =>
      key === "items" && Array.isArray(value) ? ["anyOf", value.map(alternatives)] : [key, alternatives(value)],
    ),
  );
}
