import { isDeepStrictEqual } from "node:util";
import type { AnyKind } from "./kinds.ts";
import type { Properties } from "./kind.ts";

export interface Difference {
  readonly name: string;
  readonly kind: "add" | "delete" | "update";
  readonly replaces: boolean;
}

/** The inputs that are other than before. */
export function differencesOf(kind: AnyKind, before: Properties, after: Properties): readonly Difference[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => !isDeepStrictEqual(before[name], after[name]))
    .map((name) => ({
      name,
      kind: name in before ? (name in after ? "update" : "delete") : "add",
      replaces: kind.inputs[name] === "required, replaces",
    }));
}

export interface Failure {
  readonly property: string;
  readonly reason: string;
}

/** The inputs with their defaults, and what is wrong with them. */
export function checked(kind: AnyKind, given: Properties): { inputs: Properties; failures: readonly Failure[] } {
  const inputs = { ...kind.defaults, ...given };
  const missing = Object.entries(kind.inputs).filter(([name, input]) => input !== "optional" && !(name in inputs));
  const unknown = Object.keys(inputs).filter((name) => !(name in kind.inputs));
  return {
    inputs,
    failures: [
      ...missing.map(([property]) => ({ property, reason: "is required" })),
      ...unknown.map((property) => ({ property, reason: "is none that the stand-in plays" })),
    ],
  };
}
