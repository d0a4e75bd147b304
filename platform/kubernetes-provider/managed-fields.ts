import { asObject, asObjects, asString, isObject, type Json, type JsonObject } from "./json.ts";
import { metadataOf } from "./kubernetes-object.ts";

/** Who owns which field of an object: the API server's record, `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource: string;
  /** A trie of fields: `f:name` for a key, `k:{…}` for an item of a list, `.` for the field itself. */
  readonly fields: JsonObject;
  /** The entry as the API server gave it. */
  readonly raw: JsonObject;
}

export function managedFields(object: JsonObject): ManagedFieldsEntry[] {
  return asObjects(metadataOf(object).managedFields).map((raw) => ({
    manager: asString(raw.manager),
    operation: asString(raw.operation),
    subresource: asString(raw.subresource),
    fields: asObject(raw.fieldsV1),
    raw,
  }));
}

/** True when the entry owns the field at this path of keys, or something below it. */
export function owns(entry: ManagedFieldsEntry, path: readonly string[]): boolean {
  let fields: Json | undefined = entry.fields;
  for (const key of path) {
    fields = isObject(fields) ? fields[`f:${key}`] : undefined;
    if (fields === undefined) return false;
  }
  return true;
}

/**
 * Managers whose fields an update makes its own, as the official provider does: kubectl's, and the one that creates objects by a plain POST.
 * The name is a prefix, so that `kubectl-edit`, `kubectl-set` and the like are among them.
 */
const TAKEN_OVER: readonly { readonly prefix: string; readonly operation: string }[] = [
  { prefix: "kubectl", operation: "Apply" },
  { prefix: "kubectl", operation: "Update" },
  { prefix: "before-first-apply", operation: "Update" },
  { prefix: "pulumi-kubernetes", operation: "Update" },
  { prefix: "pulumi-resource-kubernetes", operation: "Update" },
];

function isTakenOver(entry: ManagedFieldsEntry): boolean {
  if (entry.subresource !== "") return false;
  return TAKEN_OVER.some(({ prefix, operation }) => entry.manager.startsWith(prefix) && entry.operation === operation);
}

function mergeFields(a: JsonObject, b: JsonObject): JsonObject {
  const merged: JsonObject = { ...a };
  for (const [key, fields] of Object.entries(b)) {
    merged[key] = mergeFields(asObject(merged[key]), asObject(fields));
  }
  return merged;
}

/**
 * The record in which `manager` owns, by server-side apply, what kubectl and plain creates owned before. Without this an applied field
 * would have two owners, and one that the program drops would stay. Undefined where there is nothing to take over.
 */
export function takeOver(object: JsonObject, manager: string): JsonObject[] | undefined {
  const entries = managedFields(object);
  const mine = entries.find((entry) => entry.manager === manager && entry.operation === "Apply");
  const taken = entries.filter((entry) => entry !== mine && isTakenOver(entry));
  const [first] = taken;
  if (first === undefined) return undefined;
  const fields = taken.reduce((all, entry) => mergeFields(all, entry.fields), mine?.fields ?? {});
  return [
    ...entries.filter((entry) => entry !== mine && !taken.includes(entry)).map((entry) => entry.raw),
    { ...(mine ?? first).raw, manager, operation: "Apply", fieldsV1: fields },
  ];
}

/** True when a plain create (or an older provider) still owns fields, so that a dry run would see a conflict with ourselves. */
export function hasFieldsToTakeOver(object: JsonObject): boolean {
  return managedFields(object).some(
    (entry) => entry.operation === "Update" && /^pulumi-(resource-)?kubernetes$/.test(entry.manager),
  );
}
