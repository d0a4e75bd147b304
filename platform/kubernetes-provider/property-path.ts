import { isObject, type Json, type JsonObject } from "./json.ts";

/** One step into a value: a key of an object, an index of an array, or `*` for any of them. */
export type PathElement = string | number;
export type PropertyPath = readonly PathElement[];

export class PropertyPathError extends Error {
  override readonly name = "PropertyPathError";
  readonly path: string;
  constructor(path: string) {
    super(
      `"${path}" is not a property path; write it as in spec.template, spec.http[0] or metadata.annotations["a.b"]`,
    );
    this.path = path;
  }
}

const ELEMENT = /^(?:\.?([^.[\]"]+)|\[(\d+)\]|\[\*\]|\.?\["((?:[^"\\]|\\.)*)"\])/;

/** Reads Pulumi's notation of a path, e.g. `spec.http[0].match` or `metadata.annotations["a.b/c"]`. Throws a {@link PropertyPathError}. */
export function parsePath(text: string): PropertyPath {
  const path: PathElement[] = [];
  let rest = text;
  while (rest !== "") {
    const match = ELEMENT.exec(rest);
    if (match === null) throw new PropertyPathError(text);
    const [whole, key, index, quoted] = match;
    if (index !== undefined) path.push(Number(index));
    else if (quoted !== undefined) path.push(quoted.replaceAll('\\"', '"'));
    else path.push(key ?? "*");
    rest = rest.slice(whole.length);
  }
  if (path.length === 0) throw new PropertyPathError(text);
  return path;
}

/** The notation that {@link parsePath} reads. */
export function formatPath(path: PropertyPath): string {
  let text = "";
  for (const element of path) {
    if (typeof element === "number") text += `[${element}]`;
    else if (/[."[\]]/.test(element)) text += `["${element.replaceAll('"', '\\"')}"]`;
    else text += text === "" ? element : `.${element}`;
  }
  return text;
}

function elementsMatch(pattern: PathElement, element: PathElement): boolean {
  return pattern === "*" || String(pattern) === String(element);
}

/** True when `path` is `pattern` or lies below it; `*` in the pattern stands for any one element. */
export function contains(pattern: PropertyPath, path: PropertyPath): boolean {
  return pattern.length <= path.length && pattern.every((element, i) => elementsMatch(element, path[i] ?? ""));
}

/** The value at `path`, or undefined where there is none. */
export function valueAt(root: Json | undefined, path: PropertyPath): Json | undefined {
  let value: Json | undefined = root;
  for (const element of path) {
    if (Array.isArray(value)) value = value[Number(element)];
    else if (isObject(value)) value = value[element];
    else return undefined;
  }
  return value;
}

/** Sets the value at a path of keys, and makes the objects on the way. */
export function setValue(root: JsonObject, path: readonly string[], value: Json): void {
  const last = path.at(-1);
  if (last === undefined) return;
  let parent = root;
  for (const key of path.slice(0, -1)) {
    const next = parent[key];
    parent = isObject(next) ? next : (parent[key] = {});
  }
  parent[last] = value;
}

/** Removes the value at a path of keys; does nothing where there is none. */
export function removeValue(root: JsonObject, path: readonly string[]): void {
  const parent = valueAt(root, path.slice(0, -1));
  const last = path.at(-1);
  if (isObject(parent) && last !== undefined) Reflect.deleteProperty(parent, last);
}

/** Replaces every value that `pattern` matches; `*` stands for any key or index. */
export function replaceMatches(value: Json, pattern: PropertyPath, replace: (value: Json) => Json): Json {
  const [element, ...rest] = pattern;
  if (element === undefined) return replace(value);
  if (Array.isArray(value)) {
    return value.map((item, i) => (elementsMatch(element, i) ? replaceMatches(item, rest, replace) : item));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      elementsMatch(element, key) ? replaceMatches(item, rest, replace) : item,
    ]),
  );
}
