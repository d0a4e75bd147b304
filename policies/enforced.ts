import type {
  PolicyResource,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { unknownValue, type Resource } from "./resource.ts";
import type { Rule } from "./rule.ts";

/** A rule as Pulumi's engine enforces it: a violation fails the preview, and the update. */
export function enforced(rule: Rule): ResourceValidationPolicy | StackValidationPolicy {
  const { name, description } = rule;
  const policy = { name, description, enforcementLevel: "mandatory" } as const;
  if ("violations" in rule)
    return {
      ...policy,
      validateResource: (resource, report) => {
        for (const message of rule.violations(resourceOf(resource))) report(message);
      },
    };
  return {
    ...policy,
    validateStack: ({ resources }, report) => {
      const urns = new Map(resources.map((resource) => [resourceOf(resource), resource.urn]));
      for (const { message, resource } of rule.stackViolations([...urns.keys()]))
        report(message, resource && urns.get(resource));
    },
  };
}

function resourceOf({ urn, type, name, props, opts }: ResourceValidationArgs | PolicyResource): Resource {
  const [, , stack = ""] = urn.split(":");
  const inputs = known(props) as Resource["inputs"];
  return { type, name, stack, inputs, ignoreChanges: opts.ignoreChanges };
}

/** A copy that says what is not known, where Pulumi's proxy throws when it is read. */
function known(value: unknown): unknown {
  // An iterator would read the elements by itself.
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => read(value, index));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.keys(value).map((key) => [key, read(value, key)]));
}

function read(holder: object, key: string | number): unknown {
  try {
    return known((holder as Readonly<Record<string | number, unknown>>)[key]);
  } catch (error) {
    // The class is not exported.
    if (error instanceof Error && "unknownTypeSentinel" in error) return unknownValue;
    throw error;
  }
}
