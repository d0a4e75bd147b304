// Other values for a key, made of the one that it has.
import type { Key, Path } from "./keys.ts";

/** Values of another content and, most likely, of the same form; whoever uses them takes the first that is accepted. */
export function otherValues(value: unknown, words?: readonly unknown[]): unknown[] {
  if (words !== undefined) return words.filter((word) => word !== value);
  if (typeof value === "boolean") return [!value];
  if (typeof value === "number") return [value + 1, value - 1, value * 2];
  if (typeof value !== "string") return [];
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)(\D*)$/.exec(value) ?? [];
  if (amount !== undefined)
    return [2, 0.5, 1.1, 0.99].map((factor) => `${Number((Number(amount) * factor).toPrecision(6))}${unit}`);
  if (/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(value)) return [value.replace(/^\d+/, "11")];
  if (/^https?:/.test(value)) return [value.replace("://", "://other-")];
  // A fixed tag, a name, PromQL, a pattern, an id.
  return [`${value}2`, `${value}x`, `2${value}`, value.replace("sum", "max"), `${value}X`];
}

/** A copy of a configuration with another value; `undefined` takes what is there away. */
export function withValue<T>(configuration: T, path: Path, value: unknown): T {
  const copy = structuredClone(configuration);
  const last = path.at(-1) ?? "";
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((object, key) => (object as Record<string | number, unknown>)[key], copy);
  if (value !== undefined) (parent as Record<string | number, unknown>)[last] = value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else Reflect.deleteProperty(parent as object, last);
  return copy;
}

/** Ways to change a key, by what they do. Of each one's values the first that is accepted counts. */
export function changesOf({
  kind,
  path,
  value,
  words,
  isForm = false,
  isOptional,
}: Key): Record<string, readonly (readonly [Path, unknown])[]> {
  if (path === undefined) return {};
  const members = kind === "list" || kind === "map" ? Object.keys(value as object) : [];
  return {
    ...(kind === "value"
      ? {
          "has another value": isForm
            ? [[path.slice(0, -1), undefined] as const]
            : otherValues(value, words).map((other) => [path, other] as const),
        }
      : {}),
    ...(isOptional ? { "is left out": [[path, undefined] as const] } : {}),
    ...(members.length === 0
      ? {}
      : { "has one entry less": members.toReversed().map((member) => [[...path, member], undefined] as const) }),
  };
}
