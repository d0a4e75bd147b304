import type { ResourceRule, StackRule } from "../../policies/rule.ts";
import type { Resource } from "../../policies/resource.ts";

/** A resource as a program may declare one. */
export function resource(type: string, part: Partial<Resource> = {}): Resource {
  return { type, name: "it", stack: "staging", inputs: {}, ignoreChanges: [], ...part };
}

/** What is said of a resource with these inputs. */
export function violationsOf(
  rule: ResourceRule,
  type: string,
  inputs: Resource["inputs"],
  part: Partial<Resource> = {},
): readonly string[] {
  return rule.violations(resource(type, { inputs, ...part }));
}

/** What is said of a stack, each with the name of what it is said of. */
export function stackViolationsOf(rule: StackRule, ...resources: readonly Resource[]): readonly string[] {
  return rule
    .stackViolations(resources)
    .map(({ message, resource: about }) => `${about?.name ?? "the stack"}: ${message}`);
}
