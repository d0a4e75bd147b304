/** JSON as it travels between the engine, the state file and the API server. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

export interface JsonObject {
  [key: string]: Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object at `value`, or an empty one: Kubernetes leaves empty parts of an object out. */
export function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** The objects in the array at `value`, or none. */
export function asObjects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function asString(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** The number at `value`, or `otherwise` where the API server left it out. */
export function asNumber(value: Json | undefined, otherwise = 0): number {
  return typeof value === "number" ? value : otherwise;
}

/** A deep copy with the same type. */
export function copy<T extends Json>(value: T): T {
  return structuredClone(value);
}
