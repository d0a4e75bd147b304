import assert from "node:assert/strict";
import { driftOf } from "../../../delivery/drift/drift.ts";
import { difference, refreshed, service } from "./changes.ts";

const secret = "kubernetes:core/v1:Secret";

describe("drift", () => {
  it("is what a refresh finds changed or gone, the latter first", () => {
    const differences = [difference("spec.sessionAffinity")];
    const { stack, resources } = driftOf("staging", {
      resources: [
        refreshed(service, "atom", { differences }),
        refreshed("kubernetes:apps/v1:Deployment", "atom-blue", { operation: "same" }),
        refreshed("kubernetes:policy/v1:PodDisruptionBudget", "atom-blue", { operation: "delete" }),
      ],
    });
    assert.equal(stack, "staging");
    const component = ["atom-staging", "atom"];
    assert.deepEqual(resources, [
      { type: "kubernetes:policy/v1:PodDisruptionBudget", name: "atom-blue", component, gone: true, differences: [] },
      { type: service, name: "atom", component, gone: false, differences },
    ]);
  });

  it("is not what a refresh only looked at, nor an update without a difference", () => {
    const resources = [
      refreshed(service, "atom", { operation: "same", differences: [difference("spec.sessionAffinity")] }),
      refreshed(service, "other"),
    ];
    assert.deepEqual(driftOf("staging", { resources }).resources, []);
  });

  it("is not what a releaser writes of its slots, but what else is changed of them", () => {
    const type = "kubernetes:apps/v1:Deployment";
    const parents = "atom:stacks:Environment$atom:service:Service$";
    const own = [
      difference("spec.replicas"),
      difference("spec.template.spec.containers[0].image"),
      difference("spec.template"),
    ];
    const others = [
      difference("spec.progressDeadlineSeconds"),
      difference("spec.templates"),
      difference("metadata.labels.a"),
    ];
    const slot = refreshed(type, "atom-green", { differences: [...own, ...others] });
    const urnOf = (component: string) => ({
      urn: `urn:pulumi:staging::atom::${parents}${component}$${type}::atom-green`,
    });
    const paths = (component: string) =>
      driftOf("staging", { resources: [{ ...slot, ...urnOf(component) }] }).resources[0]?.differences.map(
        ({ path }) => path,
      );
    assert.deepEqual(
      paths("atom:slots:Slots"),
      others.map(({ path }) => path),
    );
    assert.equal(paths("atom:other:Other")?.length, 6);
    const resources = [{ ...refreshed(type, "atom-green", { differences: own }), ...urnOf("atom:slots:Slots") }];
    assert.deepEqual(driftOf("staging", { resources }).resources, []);
  });

  it("shows nothing of what somebody wrote into a Secret by hand", () => {
    const differences = [
      difference("data.tokenSecret", { before: "b2xk", after: "bmV3" }),
      difference("stringData.added", { kind: "add", after: "hunter2" }),
      difference('data["left.out"]', { kind: "delete", before: "hunter2" }),
      difference("metadata.labels.database", { after: "by hand" }),
    ].map((each) =>
      each.kind === "add" ? without(each, "before") : each.kind === "delete" ? without(each, "after") : each,
    );
    const { resources } = driftOf("staging", { resources: [refreshed(secret, "atom-secrets", { differences })] });
    assert.deepEqual(
      resources[0]?.differences.map(({ path, before, after, secret: hidden }) => ({ path, before, after, hidden })),
      [
        { path: "data.tokenSecret", before: "[secret]", after: "[secret]", hidden: true },
        { path: "stringData.added", before: undefined, after: "[secret]", hidden: true },
        { path: 'data["left.out"]', before: "[secret]", after: undefined, hidden: true },
        { path: "metadata.labels.database", before: "as it was", after: "by hand", hidden: false },
      ],
    );
  });
});

function without(each: ReturnType<typeof difference>, side: "before" | "after"): ReturnType<typeof difference> {
  const { before, after, ...rest } = each;
  return side === "before"
    ? { ...rest, ...(after === undefined ? {} : { after }) }
    : { ...rest, ...(before === undefined ? {} : { before }) };
}
