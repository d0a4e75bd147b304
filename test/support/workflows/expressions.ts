import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import type { FunctionDefinition } from "@actions/expressions/funcs/info";
import {
  isBasicExpression,
  isBoolean,
  isMapping,
  isNumber,
  isSequence,
  isString,
} from "@actions/workflow-parser/templates/tokens/type-guards";
import type { TemplateToken } from "@actions/workflow-parser/templates/tokens/template-token";

/** What an expression can come to, and what contexts are made of. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** How the steps, or the jobs that are needed, went before this place. */
export interface Status {
  readonly succeeded: boolean;
  readonly failed: boolean;
  readonly cancelled: boolean;
}

/** What expressions can see at some place of a workflow. */
export interface Scope {
  /** By name: github, env, vars, secrets, needs, steps, matrix, … */
  readonly contexts: Readonly<Record<string, Value>>;
  /** For success(), failure(), cancelled(). @default a place where GitHub has no such functions */
  readonly status?: Status;
}

/** The value of a part of a workflow file, with its expressions evaluated as GitHub does. Throws for an expression that it would refuse. */
export function valueOf(token: TemplateToken | undefined, scope: Scope): Value {
  if (token === undefined) return null;
  if (isMapping(token))
    return Object.fromEntries([...token].map(({ key, value }) => [key.toString(), valueOf(value, scope)]));
  if (isSequence(token)) return [...token].map((item) => valueOf(item, scope));
  if (isBasicExpression(token)) return plain(evaluate(token.expression, scope));
  if (isString(token) || isNumber(token) || isBoolean(token)) return token.value;
  return null;
}

/** Whether a condition holds, as `if:` has it. */
export function holds(condition: string, scope: Scope): boolean {
  const result = evaluate(condition, scope);
  const value = plain(result);
  return value !== null && value !== false && value !== 0 && value !== "" && !Number.isNaN(value);
}

/** A value as GitHub writes it into a text or a variable. */
export function textOf(value: Value | undefined): string {
  return value === null || value === undefined ? "" : expressionData(value).coerceString();
}

function evaluate(expression: string, { contexts, status }: Scope): data.ExpressionData {
  const functions = status === undefined ? [] : statusFunctions(status);
  const parsed = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), functions).parse();
  const byName = new Map(functions.map((each) => [each.name, each]));
  return new Evaluator(parsed, dictionary(contexts), byName).evaluate();
}

function statusFunctions({ succeeded, failed, cancelled }: Status): FunctionDefinition[] {
  const answers = { success: succeeded && !cancelled, failure: failed && !cancelled, cancelled, always: true };
  return Object.entries(answers).map(([name, answer]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(answer),
  }));
}

function expressionData(value: Value): data.ExpressionData {
  if (value === null) return new data.Null();
  if (typeof value === "string") return new data.StringData(value);
  if (typeof value === "number") return new data.NumberData(value);
  if (typeof value === "boolean") return new data.BooleanData(value);
  return isList(value) ? new data.Array(...value.map(expressionData)) : dictionary(value);
}

function dictionary(values: Readonly<Record<string, Value>>): data.Dictionary {
  return new data.Dictionary(...Object.entries(values).map(([key, value]) => ({ key, value: expressionData(value) })));
}

function plain(value: data.ExpressionData): Value {
  switch (value.kind) {
    case data.Kind.String:
    case data.Kind.Number:
    case data.Kind.Boolean:
      return value.value;
    case data.Kind.Null:
      return null;
    case data.Kind.Array:
      return value.values().map(plain);
    case data.Kind.Dictionary:
      return Object.fromEntries(value.pairs().map(({ key, value: each }) => [key, plain(each)]));
  }
}

/** `Array.isArray` does not narrow read-only arrays. */
function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
