import type { IncomingHttpHeaders } from "node:http";
import { ApiError } from "./api-error.ts";
import type { Argument, ArgumentType, Method } from "./published.ts";

/** The arguments of a request as Slack reads them: text, whatever they were sent as. */
export class Arguments {
  readonly values: Readonly<Record<string, string>>;

  constructor(values: Readonly<Record<string, string>>) {
    this.values = values;
  }

  text(name: string): string {
    const value = this.values[name];
    if (value === undefined) throw new ApiError("invalid_arguments");
    return value;
  }

  optional(name: string): string | undefined {
    return this.values[name];
  }

  flag(name: string): boolean {
    const value = this.values[name];
    return value === "true" || value === "1";
  }

  number(name: string): number | undefined {
    const value = this.values[name];
    return value === undefined ? undefined : Number(value);
  }

  list(name: string): readonly string[] {
    return (this.values[name] ?? "").split(",").filter((each) => each !== "");
  }

  /** A value that is sent as JSON within the form. Refuses what is none with `error`. */
  json(name: string, error: string): unknown {
    const value = this.values[name];
    if (value === undefined || value === "") return undefined;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      throw new ApiError(error);
    }
  }
}

/** Reads the arguments of a request from its query and its body, a form or JSON. Throws an {@link ApiError} for a body that is neither. */
export function readArguments(url: URL, headers: IncomingHttpHeaders, body: string): Arguments {
  const query = Object.fromEntries(url.searchParams);
  const type = (headers["content-type"] ?? "").split(";")[0];
  if (body === "") return new Arguments(query);
  if (type === "application/x-www-form-urlencoded")
    return new Arguments({ ...query, ...Object.fromEntries(new URLSearchParams(body)) });
  if (type !== "application/json") throw new ApiError("invalid_post_type");
  return new Arguments({ ...query, ...textOf(parse(body)) });
}

function parse(body: string): object {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new ApiError("invalid_json");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ApiError("json_not_object");
  return value;
}

function textOf(value: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, typeof each === "string" ? each : JSON.stringify(each)]),
  );
}

/** What is wrong with a request by the published schema, a sentence each. */
export function mistakes(method: Method, given: Arguments, headers: IncomingHttpHeaders): readonly string[] {
  const isJson = headers["content-type"]?.startsWith("application/json") === true;
  return [
    ...(isJson && !method.takesJson ? ["takes a form, not JSON"] : []),
    ...[...method.arguments]
      .filter(([name, { required }]) => required && given.optional(name) === undefined)
      .map(([name]) => `missing required field: ${name}`),
    ...Object.entries(given.values)
      // The token of a form is read elsewhere.
      .filter(([name]) => name !== "token")
      .flatMap(([name, value]) => mistake(name, value, method.arguments.get(name))),
  ];
}

const forms: Readonly<Record<ArgumentType, RegExp>> = {
  string: /^/,
  boolean: /^(true|false|1|0)$/,
  integer: /^\d+$/,
  number: /^\d+(\.\d+)?$/,
};

function mistake(name: string, value: string, argument: Argument | undefined): readonly string[] {
  if (argument === undefined) return [`unknown field: ${name}`];
  return forms[argument.type].test(value) ? [] : [`must be of the type ${argument.type}: ${name}`];
}
