import assert from "node:assert/strict";
import type { FieldTree, ObjectMeta } from "../../../delivery/cluster/api.ts";
import type { Deployment } from "../../../delivery/cluster/resources.ts";
import { driftOf, withResources } from "../../../delivery/drift/drift.ts";
import { foreignFields } from "../../../delivery/drift/foreign-fields.ts";
import { driftMarkdown } from "../../../delivery/drift/markdown.ts";
import { driftText } from "../../../delivery/drift/terminal.ts";
import { changedService, difference, refreshed } from "./changes.ts";

type Owner = NonNullable<ObjectMeta["managedFields"]>[number];

/** As `kubectl get deployment --show-managed-fields` shows them. */
function slot(name: string, replicas: number | undefined, ...managedFields: readonly Owner[]): Deployment {
  return { metadata: { name, managedFields }, ...(replicas === undefined ? {} : { spec: { replicas } }) };
}

function owns(manager: string, template: FieldTree, more: Partial<Owner> = {}): Owner {
  return { manager, fieldsV1: { "f:spec": { "f:template": template } }, ...more };
}

const inContainer = (fields: FieldTree): FieldTree => ({
  "f:spec": { "f:containers": { 'k:{"name":"atom"}': fields } },
});
/** What `kubectl set env HOTPATCH=1` owns. */
const variable = inContainer({
  "f:env": { 'k:{"name":"HOTPATCH"}': { ".": {}, "f:name": {}, "f:value": {} } },
});

const found = (...deployments: readonly Deployment[]) =>
  foreignFields(deployments).map(({ name, by, differences }) => [name, by, differences.map(({ path }) => path)]);

describe("what others set in the pods of the slots", () => {
  const cases: Readonly<Record<string, readonly [FieldTree, readonly string[]]>> = {
    "a variable of its own": [variable, ["spec.containers.atom.env.HOTPATCH"]],
    "a declared variable with another value": [
      inContainer({ "f:env": { 'k:{"name":"LOG_LEVEL"}': { "f:value": {} } } }),
      ["spec.containers.atom.env.LOG_LEVEL.value"],
    ],
    "an image": [inContainer({ "f:image": {} }), ["spec.containers.atom.image"]],
    "a list that was not there before": [
      inContainer({ "f:envFrom": { ".": {} }, "f:command": {} }),
      ["spec.containers.atom.envFrom", "spec.containers.atom.command"],
    ],
    "a port, which has two keys": [
      inContainer({ "f:ports": { 'k:{"containerPort":9000,"protocol":"TCP"}': { ".": {}, "f:containerPort": {} } } }),
      ["spec.containers.atom.ports.9000/TCP"],
    ],
    "a member of a set": [
      { "f:metadata": { "f:finalizers": { 'v:"a.example/b"': {} } } },
      ['metadata.finalizers."a.example/b"'],
    ],
    "a container that was injected": [
      { "f:spec": { "f:containers": { 'k:{"name":"debug"}': { ".": {}, "f:image": {}, "f:name": {} } } } },
      ["spec.containers.debug"],
    ],
    "an annotation beside the one of a restart": [
      {
        "f:metadata": {
          "f:annotations": { ".": {}, "f:kubectl.kubernetes.io/restartedAt": {}, "f:a.example/inject": {} },
        },
      },
      ["metadata.annotations.a.example/inject"],
    ],
    "what has a key that is no JSON": [
      inContainer({ "f:env": { "k:{": { ".": {} } } }),
      ["spec.containers.atom.env.{"],
    ],
  };
  for (const [what, [template, paths]] of Object.entries(cases))
    it(`is ${what}`, () => {
      const expected = paths.map((path) => `spec.template.${path}`);
      assert.deepEqual(found(slot("atom-blue", 2, owns("kubectl-set", template))), [
        ["atom-blue", ["kubectl-set"], expected],
      ]);
    });

  it("is told of each slot that has pods, with everybody who set something", () => {
    const image = inContainer({ "f:image": {} });
    assert.deepEqual(
      found(
        slot("atom-blue", 2, owns("kubectl-set", variable), owns("argocd", image)),
        slot("atom-green", undefined, owns("kubectl-edit", image, { subresource: "" })),
      ),
      [
        [
          "atom-blue",
          ["kubectl-set", "argocd"],
          ["spec.template.spec.containers.atom.env.HOTPATCH", "spec.template.spec.containers.atom.image"],
        ],
        ["atom-green", ["kubectl-edit"], ["spec.template.spec.containers.atom.image"]],
      ],
    );
  });

  it("is not what the engine and the releaser own, nor a restart, nor other fields, nor anything of a slot without pods", () => {
    const restart: FieldTree = {
      "f:metadata": { "f:annotations": { ".": {}, "f:kubectl.kubernetes.io/restartedAt": {} } },
    };
    const ours = [
      owns("pulumi-kubernetes-1a2b3c4d", variable),
      owns("pulumi", variable),
      owns("atom-release", variable),
    ];
    const others: readonly Owner[] = [
      owns("kubectl-rollout", restart),
      { manager: "kubectl-scale", fieldsV1: { "f:spec": { "f:replicas": {} } } },
      owns("kube-controller-manager", variable, { subresource: "status" }),
      { manager: "kubectl-edit" },
    ];
    assert.deepEqual(
      found(slot("atom-blue", 2, ...ours, ...others), slot("atom-green", 0, owns("kubectl-set", variable))),
      [],
    );
    assert.deepEqual(found(slot("atom-blue", 2)), []);
  });

  it("is drift beside what the engine finds, of the same resource or of another, and no value of it is shown", () => {
    const type = "kubernetes:apps/v1:Deployment";
    const engine = driftOf("staging", {
      resources: [refreshed(type, "atom-blue", { differences: [difference("spec.progressDeadlineSeconds")] })],
    });
    const foreign = foreignFields([
      slot("atom-blue", 2, owns("kubectl-set", variable)),
      slot("atom-green", 2, owns("kubectl-set", variable)),
    ]);
    const drift = withResources(engine, foreign);
    assert.deepEqual(
      drift.resources.map(({ name, component, differences }) => [name, component, differences.length]),
      [
        ["atom-blue", ["atom-staging", "atom"], 2],
        ["atom-green", [], 1],
      ],
    );
    const text = driftText(drift, { width: 200 });
    assert.match(text, /^Deployment atom-green, changed by kubectl-set\n {2}\+ .*\.env\.HOTPATCH: "\[secret\]"$/m);
    assert.match(text, /^ {2}What was set in the pods of a slot: unset it where it was set/m);
    assert.match(driftMarkdown(drift), /^- <code>Deployment atom-green<\/code>, changed by kubectl-set$/m);
    assert.deepEqual(withResources(changedService(), []), changedService());
  });

  it("quotes nobody's name as Markdown", () => {
    const hostile = foreignFields([slot("atom-blue", 1, owns("[x](https://a.example) @all", variable))]);
    assert.doesNotMatch(driftMarkdown({ stack: "staging", resources: hostile }), /\]\(https|@all/);
  });
});
