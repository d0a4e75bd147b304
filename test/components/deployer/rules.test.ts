import assert from "node:assert/strict";
import { deployerRules } from "../../../components/deployer/rules.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const rules = deployerRules(["atom"]) as unknown as readonly Rule[];
const find = (resource: string) => rules.filter(({ resources }) => resources.includes(resource));

describe("the deployer's role", () => {
  it("reads no secret, runs nothing in a pod, and hands out no rights", () => {
    const resources = rules.flatMap((rule) => rule.resources);
    for (const forbidden of [
      "secrets",
      "pods/exec",
      "pods/attach",
      "serviceaccounts/token",
      "roles",
      "rolebindings",
      "*",
    ])
      assert.ok(!resources.includes(forbidden), forbidden);
  });

  it("has no wildcard", () => {
    for (const rule of rules) assert.ok(![...rule.apiGroups, ...rule.verbs].includes("*"));
  });

  it("changes objects of the service alone, by name", () => {
    const writing = rules.filter(({ verbs }) => verbs.some((verb) => ["patch", "update", "delete"].includes(verb)));
    assert.ok(writing.length > 0);
    for (const { resourceNames = [] } of writing) {
      assert.ok(resourceNames.length > 0);
      assert.ok(resourceNames.every((name) => /^atom(-(blue|green|ledger|release))?$/.test(name)));
    }
  });

  it("scales the slots but changes no pod template", () => {
    assert.deepEqual(find("deployments/scale")[0]?.resourceNames, ["atom-blue", "atom-green"]);
    assert.ok(find("deployments").every(({ verbs }) => verbs.every((verb) => ["get", "list", "watch"].includes(verb))));
  });
});
