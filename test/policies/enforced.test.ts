import assert from "node:assert/strict";
import type { PolicyResource, ResourceValidationArgs, StackValidationArgs } from "@pulumi/policy";
import { enforced } from "../../policies/enforced.ts";
import { unknownValue, type Resource } from "../../policies/resource.ts";
import type { ResourceRule, StackRule } from "../../policies/rule.ts";

const type = "kubernetes:core/v1:ConfigMap";

/** An object one of whose properties throws when it is read, as Pulumi's proxy of resources does. */
function throwing(error: Error, key: string, rest: object = {}): object {
  return Object.defineProperty({ ...rest }, key, {
    enumerable: true,
    get: () => {
      throw error;
    },
  });
}

/** What Pulumi throws for what a preview cannot know. */
const unknown = Object.assign(new Error("cannot be known"), { unknownTypeSentinel: "a sentinel" });

/** A resource as Pulumi hands it to a policy. */
function policed(name: string, props: object): ResourceValidationArgs & PolicyResource {
  const part: Partial<ResourceValidationArgs & PolicyResource> = {
    ...{ type, name, urn: `urn:pulumi:staging::atom::${type}::${name}`, props },
    opts: {
      ...{ protect: false, ignoreChanges: ["data"], aliases: [], additionalSecretOutputs: [] },
      customTimeouts: { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 },
    },
  };
  return part as ResourceValidationArgs & PolicyResource;
}

const named = { name: "a-rule", description: "Nothing may be." };

/** What is reported of a resource. */
async function reportedOf(rule: ResourceRule, props: object): Promise<readonly unknown[]> {
  const policy = enforced(rule);
  assert.ok("validateResource" in policy && typeof policy.validateResource === "function");
  const reported: unknown[] = [];
  await policy.validateResource(policed("it", props), (...said) => reported.push(said));
  return reported;
}

describe("an enforced rule", () => {
  it("is a mandatory policy of the rule's name", () => {
    const rules = [
      { ...named, violations: () => [] },
      { ...named, stackViolations: () => [] },
    ] as const;
    for (const rule of rules) {
      const { name, description, enforcementLevel } = enforced(rule);
      assert.deepEqual({ name, description, enforcementLevel }, { ...named, enforcementLevel: "mandatory" });
    }
  });

  it("sees a resource's inputs as plain values, with a word for what a preview cannot know", async () => {
    const seen: Resource[] = [];
    const rule: ResourceRule = {
      ...named,
      violations: (resource) => {
        seen.push(resource);
        return ["one", "two"];
      },
    };
    const props = throwing(unknown, "later", { list: ["a", throwing(unknown, "b")], none: null, yes: true });
    assert.deepEqual(await reportedOf(rule, props), [["one"], ["two"]]);
    const inputs = { list: ["a", { b: unknownValue }], none: null, yes: true, later: unknownValue };
    assert.deepEqual(seen, [{ type, name: "it", stack: "staging", inputs, ignoreChanges: ["data"] }]);
  });

  it("reports a violation in a stack for the resource that it is of, or for the stack", async () => {
    const rule: StackRule = {
      ...named,
      stackViolations: ([, second]) => [
        { message: "of one", ...(second && { resource: second }) },
        { message: "of all" },
      ],
    };
    const policy = enforced(rule);
    assert.ok("validateStack" in policy);
    const reported: unknown[] = [];
    const stack: Partial<StackValidationArgs> = { resources: [policed("first", {}), policed("second", {})] };
    await policy.validateStack(stack as StackValidationArgs, (...said) => reported.push(said));
    assert.deepEqual(reported, [
      ["of one", `urn:pulumi:staging::atom::${type}::second`],
      ["of all", undefined],
    ]);
  });

  it("passes on what else goes wrong", async () => {
    const rule: ResourceRule = { ...named, violations: () => [] };
    await assert.rejects(reportedOf(rule, throwing(new TypeError("broken"), "broken")), TypeError);
  });
});
