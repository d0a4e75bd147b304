import { copy, type JsonObject } from "./json.ts";
import { managedFields, owns } from "./managed-fields.ts";
import { removeValue, setValue, valueAt, type PropertyPath } from "./property-path.ts";

/**
 * What to apply when the program ignores changes of some fields (`ignoreChanges`):
 * - a field that only other managers own is left out, so that applying neither fights over it nor becomes its owner;
 * - any other is applied with the value that the cluster holds, because leaving out a field that we own would remove it.
 * A field that the cluster does not hold keeps the program's value. Paths through arrays have no owner of their own and are left as they are.
 */
export function withoutIgnoredFields(
  inputs: JsonObject,
  live: JsonObject,
  fieldManager: string,
  ignored: readonly PropertyPath[],
): JsonObject {
  const applied = copy(inputs);
  const entries = managedFields(live);
  for (const path of ignored) {
    const keys = path.filter((element) => typeof element === "string");
    if (keys.length !== path.length || keys.includes("*")) continue;
    const owners = entries.filter((entry) => owns(entry, keys));
    const mine = owners.some((entry) => entry.manager === fieldManager);
    if (owners.length > 0 && !mine) {
      removeValue(applied, keys);
      continue;
    }
    const value = valueAt(live, keys);
    if (value !== undefined) setValue(applied, keys, copy(value));
  }
  return applied;
}
