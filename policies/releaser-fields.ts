import { labelKeys } from "../components/names/labels.ts";
import { ledgerKey } from "../components/names/names.ts";
import { kindOf, valueAt, type Resource } from "./resource.ts";
import type { ResourceRule } from "./rule.ts";

/** What a releaser writes, and `up` must therefore leave as it is. */
const fields: readonly {
  readonly field: string;
  readonly why: string;
  readonly isIn: (resource: Resource) => boolean;
}[] = [
  {
    field: "spec.http",
    why: "an update would move traffic",
    // With this annotation the program says that it read the weights that it declares.
    isIn: (resource) =>
      kindOf(resource) === "VirtualService" &&
      valueAt(resource.inputs, "metadata", "annotations", labelKeys.applied) === undefined,
  },
  {
    field: "data",
    why: "an update would forget the releases",
    isIn: (resource) => kindOf(resource) === "ConfigMap" && valueAt(resource.inputs, "data", ledgerKey) !== undefined,
  },
];

export const releaserFields: ResourceRule = {
  name: "releaser-fields",
  description: "What the releaser writes, weights and the ledger, is not written by `up`.",
  violations: (resource) =>
    fields
      .filter(({ field, isIn }) => isIn(resource) && !isIgnored(resource, field))
      .map(
        ({ field, why }) => `${field} belongs to the releaser: ${why}. Declare it with ignoreChanges: ["${field}"].`,
      ),
};

/** Whether changes of a field are ignored, by its own path or by that of what holds it. */
function isIgnored({ ignoreChanges }: Resource, field: string): boolean {
  return ignoreChanges.some((path) => path === "*" || field === path || field.startsWith(`${path}.`));
}
