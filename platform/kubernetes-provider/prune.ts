import { isObject, type Json, type JsonObject } from "./json.ts";

function shape(value: Json): "object" | "array" | "scalar" {
  if (Array.isArray(value)) return "array";
  return isObject(value) ? "object" : "scalar";
}

function pruneValue(live: Json, inputs: Json): Json {
  if (isObject(live) && isObject(inputs)) return prune(live, inputs);
  if (!Array.isArray(live) || !Array.isArray(inputs)) return live;
  const [firstLive, firstInput] = [live[0], inputs[0]];
  if (firstLive === undefined || firstInput === undefined) return [];
  if (shape(firstLive) !== shape(firstInput)) return live;
  return live.slice(0, inputs.length).map((item, i) => pruneValue(item, inputs[i] ?? null));
}

/**
 * The live object cut down to the fields that the inputs name: what the program said, with the values that the cluster holds now. Defaults
 * and fields of other managers are gone, so that they make no diff. Items that others added after ours in an array are gone as well.
 */
export function prune(live: JsonObject, inputs: JsonObject): JsonObject {
  // Built from entries and not by assignment, so that a key such as __proto__ is one like any other.
  return Object.fromEntries(
    Object.entries(live).flatMap(([key, value]) => {
      const input = Object.hasOwn(inputs, key) ? inputs[key] : undefined;
      return input === undefined ? [] : [[key, pruneValue(value, input)]];
    }),
  );
}
