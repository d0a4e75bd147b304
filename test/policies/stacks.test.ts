// The policies over everything that the program declares for each stack of this repository.
import assert from "node:assert/strict";
import path from "node:path";
import { collect } from "../../infra/collect.ts";
import { readStackFile } from "../../infra/config/stack-file.ts";
import { stackNames } from "../../infra/render-stack.ts";
import { rulesFor } from "../../policies/rules.ts";
import { stagingThresholds } from "../../policies/staging.ts";
import { kindOf, type Resource } from "../../policies/resource.ts";
import "../infra/pulumi-globals.ts";

const root = path.join(import.meta.dirname, "..", "..");

async function resourcesOf(stack: string): Promise<readonly Resource[]> {
  const { resources } = await collect({ stack, raw: await readStackFile(root, stack) });
  return resources.map(({ type, name, inputs, ignoreChanges }) => ({ type, name, stack, inputs, ignoreChanges }));
}

/** Every violation, with the policy's name first. */
async function violationsIn(resources: readonly Resource[]): Promise<readonly string[]> {
  return rulesFor(await stagingThresholds(root)).flatMap((rule) =>
    "violations" in rule
      ? resources.flatMap((each) => rule.violations(each).map((message) => `${rule.name} ${each.name}: ${message}`))
      : rule
          .stackViolations(resources)
          .map(({ message, resource }) => `${rule.name} ${resource?.name ?? "stack"}: ${message}`),
  );
}

/** The stack with one Kubernetes object changed. */
function changed(
  resources: readonly Resource[],
  kind: string,
  name: string,
  change: (resource: Resource) => Resource,
): readonly Resource[] {
  const isMeant = (each: Resource) => kindOf(each) === kind && each.name === name;
  assert.equal(resources.filter(isMeant).length, 1, `${kind} ${name}`);
  return resources.map((each) => (isMeant(each) ? change(each) : each));
}

describe("the stacks of this repository", () => {
  it("violate no policy", async () => {
    const stacks = await stackNames(root);
    assert.deepEqual(stacks.toSorted(), ["local", "production", "staging"]);
    for (const stack of stacks) assert.deepEqual(await violationsIn(await resourcesOf(stack)), [], stack);
  });

  it("would violate one, were the route declared without what it ignores", async () => {
    const resources = changed(await resourcesOf("local"), "VirtualService", "atom-route", (route) => ({
      ...route,
      ignoreChanges: [],
    }));
    const [said = "", ...more] = await violationsIn(resources);
    assert.match(said, /^releaser-fields atom-route: spec\.http belongs to the releaser/);
    assert.deepEqual(more, []);
  });

  it("would violate one, were production judged by less than staging", async () => {
    const resources = changed(await resourcesOf("production"), "ConfigMap", "atom-release-plan", (plan) => {
      const { data } = plan.inputs as { readonly data: Readonly<Record<string, string>> };
      const text = data["plan.json"]?.replace('"max": 0.001', '"max": 0.02') ?? "";
      assert.notEqual(text, data["plan.json"]);
      return { ...plan, inputs: { ...plan.inputs, data: { "plan.json": text } } };
    });
    assert.deepEqual(await violationsIn(resources), [
      "production-thresholds atom-release-plan: The error rate may be up to 2 %, and in staging up to 1 % only.",
    ]);
  });

  it("would violate one, were a secret shown where it is none", async () => {
    // Collected resources show no secret: each stands as a placeholder.
    const resources = changed(await resourcesOf("local"), "ConfigMap", "atom-ledger", (ledger) => ({
      ...ledger,
      inputs: { ...ledger.inputs, metadata: { annotations: { database: "[secret]" } } },
    }));
    assert.deepEqual(await violationsIn(resources), [
      "repeated-secrets atom-ledger: metadata.annotations.database shows what a Secret of this stack holds. Put it into a Secret, and refer to that.",
    ]);
  });

  it("hold production to the thresholds in staging's configuration", async () => {
    assert.deepEqual(await stagingThresholds(root), {
      errorRate: { max: 0.01, policy: "warn" },
      latency: { quantile: 0.95, seconds: 0.5, policy: "warn" },
    });
    assert.equal(await stagingThresholds(path.join(root, "docs")), undefined);
  });
});
