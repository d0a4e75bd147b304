import { touchesImmutable } from "./immutable-fields.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { contains, formatPath, type PropertyPath } from "./property-path.ts";

export type ChangeKind = "add" | "delete" | "update";

/** One property that differs between what the cluster holds and what the program wants. */
export interface PropertyChange {
  readonly path: PropertyPath;
  readonly kind: ChangeKind;
  /** The property cannot change in place. */
  readonly replaces: boolean;
}

export interface DiffOptions {
  readonly immutable: readonly PropertyPath[];
  /** Changes at or below these paths do not count. */
  readonly ignored: readonly PropertyPath[];
}

interface Difference {
  readonly path: PropertyPath;
  readonly kind: ChangeKind;
  readonly value: Json | undefined;
}

function compare(path: PropertyPath, old: Json | undefined, wanted: Json | undefined): Difference[] {
  if (old === undefined) return wanted === undefined ? [] : [{ path, kind: "add", value: wanted }];
  if (wanted === undefined) return [{ path, kind: "delete", value: old }];
  if (isObject(old) && isObject(wanted)) {
    const keys = new Set([...Object.keys(old), ...Object.keys(wanted)]);
    return [...keys].flatMap((key) => compare([...path, key], old[key], wanted[key]));
  }
  if (Array.isArray(old) && Array.isArray(wanted)) {
    const length = Math.max(old.length, wanted.length);
    return Array.from({ length }, (_, i) => compare([...path, i], old[i], wanted[i])).flat();
  }
  return old === wanted ? [] : [{ path, kind: "update", value: wanted }];
}

/** The properties of `wanted` that differ from those of `old`, one entry each, sorted by path. */
export function diffProperties(old: JsonObject, wanted: JsonObject, options: DiffOptions): PropertyChange[] {
  return compare([], old, wanted)
    .filter(({ path }) => !options.ignored.some((ignored) => contains(ignored, path)))
    .map(({ path, kind, value }) => ({ path, kind, replaces: touchesImmutable(options.immutable, path, value) }))
    .sort((a, b) => formatPath(a.path).localeCompare(formatPath(b.path), "en"));
}
