import type { Json } from "./changes.ts";

export type PropertyPath = readonly (string | number)[];

const element = /^(?:\.?([^.[\]"]+)|\[(\d+)\]|\.?\["((?:[^"\\]|\\.)*)"\])/;

/** Reads Pulumi's notation: `spec.http[0].match`, `metadata.annotations["a.b/c"]`. What is no such notation is one key. */
export function parsePath(text: string): PropertyPath {
  const path: (string | number)[] = [];
  for (let rest = text; rest !== "";) {
    const [whole, key, index, quoted] = element.exec(rest) ?? [];
    if (whole === undefined) return [text];
    if (index !== undefined) path.push(Number(index));
    else path.push(key ?? quoted?.replaceAll('\\"', '"') ?? "");
    rest = rest.slice(whole.length);
  }
  return path;
}

/** The notation that {@link parsePath} reads. */
export function formatPath(path: PropertyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    if (part === "" || /[.[\]"]/.test(part)) return `${text}["${part.replaceAll('"', '\\"')}"]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/** The value at a path; undefined where there is none. */
export function valueAt(root: Json | undefined, path: PropertyPath): Json | undefined {
  return path.reduce<Json | undefined>((value, part) => {
    if (isList(value)) return value[Number(part)];
    return isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }, root);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
