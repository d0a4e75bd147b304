// Every key of a schema, with a place in a configuration where it has a value.
import { z } from "zod";
import { stackSchema } from "../../../infra/config/schema.ts";

/** What is looked at of a JSON Schema. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

export type Path = readonly (string | number)[];

export interface Key {
  /** `services.*.egress[].ports[]`: `*` is any name in a map, `[]` any element of a list. */
  readonly pattern: string;
  /** A place where it has a value; `undefined`: it has none. */
  readonly path: Path | undefined;
  readonly value?: unknown;
  readonly kind: "value" | "list" | "map" | "section";
  readonly isOptional: boolean;
  /** The words that it may have. @default any value of its form */
  readonly words?: readonly unknown[] | undefined;
  /** Its value says of what form the object is that it is in, and is the only one there. @default false */
  readonly isForm?: boolean;
}

/** Every key of a stack's schema, each once: sections, maps and lists too. */
export function keysOf(configuration: unknown): Key[] {
  const schema = z.toJSONSchema(stackSchema, { io: "input" }) as Schema;
  const all = walk(schema, { pattern: "", path: [], isOptional: false }, configuration);
  const known = new Map<string, Key>();
  // Of several places the first one with a value counts.
  for (const key of all) if (known.get(key.pattern)?.path === undefined) known.set(key.pattern, key);
  known.delete("");
  return [...known.values()];
}

type Place = Pick<Key, "pattern" | "path" | "isOptional">;

function walk(schema: Schema, at: Place, value: unknown): Key[] {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return branches.flatMap((branch) => walk(branch, at, value));
  const place = { ...at, path: value === undefined ? undefined : at.path, value };
  const { properties, required = [], additionalProperties: others, items } = schema;
  if (properties !== undefined)
    return [
      { ...place, kind: "section" },
      ...Object.entries(properties).flatMap(([name, inner]) =>
        walk(inner, inside(at, name, `${at.pattern}.${name}`, !required.includes(name)), member(value, name)),
      ),
    ];
  if (typeof others === "object") {
    const names = typeof value === "object" && value !== null ? Object.keys(value) : [];
    return [
      { ...place, kind: "map" },
      ...(names.length === 0 ? [""] : names).flatMap((name) =>
        walk(others, inside(at, name, `${at.pattern}.*`, false), member(value, name)),
      ),
    ];
  }
  if (items !== undefined) {
    const elements: unknown[] = Array.isArray(value) && value.length > 0 ? value : [undefined];
    return [
      { ...place, kind: "list" },
      ...elements.flatMap((element, index) => walk(items, inside(at, index, `${at.pattern}[]`, false), element)),
    ];
  }
  return [{ ...place, kind: "value", words: schema.enum, isForm: schema.const !== undefined }];
}

function inside({ path }: Place, step: string | number, pattern: string, isOptional: boolean): Place {
  return { pattern: pattern.replace(/^\./, ""), path: path && [...path, step], isOptional };
}

function member(value: unknown, key: string | number): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[key] : undefined;
}
