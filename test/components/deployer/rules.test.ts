import assert from "node:assert/strict";
import { deployerRules, type DeployerScope } from "../../../components/deployer/rules.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const rulesFor = (scope: Partial<DeployerScope> = {}): readonly Rule[] =>
  deployerRules({ services: { atom: "istio" }, inCluster: false, ...scope }) as unknown as readonly Rule[];
const rights = (rules: readonly Rule[], resource: string) =>
  rules
    .filter(({ resources }) => resources.includes(resource))
    .map(({ resourceNames, verbs }) => [resourceNames ?? "any", verbs]);

const watching = ["get", "list", "watch"];
const everything = rulesFor({ services: { atom: "istio", ion: "replicas" }, inCluster: true });

describe("the deployer's role", () => {
  it("asks for no secret, runs nothing in a pod, and hands out no rights", () => {
    const resources = everything.flatMap((rule) => rule.resources);
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

  it("has no wildcard, and no rule that is about everything because it is about nothing", () => {
    for (const { apiGroups, verbs, resourceNames } of everything) {
      assert.ok(![...apiGroups, ...verbs].includes("*"));
      assert.notEqual(resourceNames?.length, 0);
    }
  });

  it("changes objects of the service alone, by name", () => {
    const writing = rulesFor().filter(({ verbs }) =>
      verbs.some((verb) => ["patch", "update", "delete"].includes(verb)),
    );
    assert.ok(writing.length > 0);
    for (const { resourceNames = [] } of writing) {
      assert.ok(resourceNames.length > 0);
      assert.ok(resourceNames.every((name) => /^atom(-(blue|green|ledger|release))?$/.test(name)));
    }
  });

  it("changes the VirtualService behind a mesh, and the Service of the service's own name with either router", () => {
    assert.deepEqual(rights(everything, "virtualservices"), [[["atom"], [...watching, "patch"]]]);
    assert.deepEqual(rights(everything, "services"), [
      [
        ["atom", "ion"],
        [...watching, "patch"],
      ],
      [["atom-blue", "atom-green", "ion-blue", "ion-green"], watching],
    ]);
    assert.deepEqual(rights(rulesFor(), "services"), [
      [["atom"], [...watching, "patch"]],
      [["atom-blue", "atom-green"], watching],
    ]);
    assert.deepEqual(rights(rulesFor(), "pods/portforward"), []);
    assert.deepEqual(rights(everything, "pods/portforward"), [["any", ["create", "get"]]]);
  });

  it("raises the minima of the slots' autoscalers, and looks for others without changing them", () => {
    for (const resource of ["horizontalpodautoscalers", "scaledobjects"])
      assert.deepEqual(rights(rulesFor(), resource), [
        [
          ["atom-blue", "atom-green"],
          ["get", "patch"],
        ],
        ["any", ["list"]],
      ]);
  });

  it("reads the release plan and never writes it", () => {
    assert.deepEqual(rights(rulesFor(), "configmaps"), [
      [["atom-ledger"], ["get", "patch"]],
      [["atom-release-plan"], watching],
    ]);
  });

  it("watches what a verdict rests on by name alone", () => {
    for (const { verbs, resourceNames } of everything)
      if (verbs.includes("watch")) assert.ok((resourceNames ?? []).length > 0);
  });

  it("creates Jobs where releases run in the cluster, and nowhere else", () => {
    assert.deepEqual(rights(everything, "jobs"), [["any", ["create", "get", "list", "delete"]]]);
    for (const resource of ["jobs", "pods/log", "events"]) assert.deepEqual(rights(rulesFor(), resource), []);
  });
});
