import type { SmokeStep } from "../../components/smoke-steps/smoke-step.ts";

/** An answer as a step judges it. */
export interface StepAnswer {
  readonly status: number;
  readonly body: string;
}

/** What is wrong with an answer; never holds text of the answer. */
export type Fault =
  | { readonly kind: "unauthorized" }
  | { readonly kind: "status"; readonly status: number; readonly expected: string }
  | { readonly kind: "error" }
  | { readonly kind: "not_json" }
  | { readonly kind: "unusable_token"; readonly field: string }
  | { readonly kind: "missing"; readonly field: string };

/** Judges an answer against its step; `undefined` when nothing is wrong. The first fault counts. */
export function faultOf(step: SmokeStep, answer: StepAnswer): Fault | undefined {
  const expected = step.expect?.status;
  if (expected === undefined) {
    if (answer.status === 401) return { kind: "unauthorized" };
    if (answer.status < 200 || answer.status > 299) return { kind: "status", status: answer.status, expected: "2xx" };
  } else if (answer.status !== expected) {
    return answer.status === 401
      ? { kind: "unauthorized" }
      : { kind: "status", status: answer.status, expected: String(expected) };
  }
  const fields = [...(step.expect?.bodyHas ?? [])];
  const json = parseJson(answer.body);
  if (json === undefined) return fields.length > 0 || step.take !== undefined ? { kind: "not_json" } : undefined;
  const error = fieldOf(json, "error");
  if (error !== undefined && error !== null && error !== false) return { kind: "error" };
  for (const field of fields) if ((fieldOf(json, field) ?? null) === null) return { kind: "missing", field };
  if (step.take === undefined) return undefined;
  const token = tokenIn(step, answer);
  if (token === undefined) return { kind: "missing", field: step.take.token };
  return isSendable(token) ? undefined : { kind: "unusable_token", field: step.take.token };
}

/** The token that a step takes from its answer, whether or not it is of any use; `undefined` where there is none. */
export function tokenIn(step: SmokeStep, answer: StepAnswer): string | undefined {
  if (step.take === undefined) return undefined;
  const token = fieldOf(parseJson(answer.body), step.take.token);
  return typeof token === "string" && token !== "" ? token : undefined;
}

/** Whether a header can carry it: visible ASCII alone, and no line that would end the header. */
export function isSendable(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token) && token.length <= longestToken;
}

/** In characters. Servers take headers of some 8 or 16 KB together. */
const longestToken = 8 * 1024;

/** The fault as one clause for people. */
export function describeFault(fault: Fault, method: string, path: string): string {
  const request = `${method} ${path}`;
  switch (fault.kind) {
    case "unauthorized":
      return `${request} answered 401: the credentials or the token were refused`;
    case "status":
      return `${request} answered ${fault.status} where ${fault.expected} is expected`;
    case "error":
      return `${request} answered with an error in its body`;
    case "not_json":
      return `${request} did not answer with JSON`;
    case "unusable_token":
      return `${request} answered with a token in ${fault.field} that no header can carry: visible ASCII, up to ${longestToken} characters`;
    case "missing":
      return `${request} answered without ${fault.field}`;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function fieldOf(json: unknown, path: string): unknown {
  let value = json;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
