import assert from "node:assert/strict";
import { driftOf } from "../../../delivery/drift/drift.ts";
import { difference, refreshed, service } from "./changes.ts";

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
      difference('spec.template.metadata.labels["atom.dev/template"]'),
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
    // The same version, changed by hand: what ended a release as superseded.
    const byHand = [difference("spec.replicas"), difference("spec.template.spec.containers[0].env")];
    const changed = [{ ...refreshed(type, "atom-green", { differences: byHand }), ...urnOf("atom:slots:Slots") }];
    assert.deepEqual(
      driftOf("staging", { resources: changed }).resources.map(({ differences }) => differences),
      [byHand.slice(1)],
    );
  });

  it("is not what a releaser writes of the routes, but what else is changed of them", () => {
    const type = "kubernetes:networking.istio.io/v1:VirtualService";
    const differences = [difference("spec.http[1].route[0].weight"), difference("spec.hosts[0]")];
    const urn = `urn:pulumi:staging::atom::atom:service:Service$atom:routes:Istio$${type}::atom-route`;
    const found = driftOf("staging", { resources: [{ ...refreshed(type, "atom-route", { differences }), urn }] });
    assert.deepEqual(
      found.resources[0]?.differences.map(({ path }) => path),
      ["spec.hosts[0]"],
    );
  });

  it("is not that a release has raised the minimum of an autoscaler, but that its maximum was changed", () => {
    const type = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler";
    const differences = [difference("spec.minReplicas"), difference("spec.maxReplicas")];
    const urn = `urn:pulumi:staging::atom::atom:service:Service$atom:slots:Slots$${type}::atom-blue`;
    const found = driftOf("staging", { resources: [{ ...refreshed(type, "atom-blue", { differences }), urn }] });
    assert.deepEqual(
      found.resources[0]?.differences.map(({ path }) => path),
      ["spec.maxReplicas"],
    );
  });

  it("is not that the Service of the service's own name was turned, but that one of a slot was", () => {
    const differences = [difference('spec.selector["atom.dev/slot"]')];
    const drifted = (name: string) => {
      const urn = `urn:pulumi:staging::atom::atom:service:Service$atom:routes:Istio$${service}::${name}`;
      return driftOf("staging", { resources: [{ ...refreshed(service, name, { differences }), urn }] }).resources
        .length;
    };
    assert.deepEqual([drifted("atom"), drifted("atom-blue"), drifted("atom-green")], [0, 1, 1]);
  });
});
