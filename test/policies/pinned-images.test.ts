import assert from "node:assert/strict";
import { pinnedImages } from "../../policies/pinned-images.ts";
import { unknownValue } from "../../policies/resource.ts";
import { violationsOf } from "./support.ts";

const deployment = "kubernetes:apps/v1:Deployment";

function pod(containers: object): Readonly<Record<string, unknown>> {
  return { spec: { template: { spec: containers } } };
}

describe("the policy pinned-images", () => {
  it("takes a fixed tag, a digest, and what is not known yet", () => {
    for (const image of ["registry.example.com/atom:1.4.2", `atom@sha256:${"a".repeat(64)}`, unknownValue])
      assert.deepEqual(violationsOf(pinnedImages, deployment, pod({ containers: [{ image }] })), [], image);
  });

  it("refuses an image that moves, with its place and what is allowed", () => {
    for (const image of ["atom", "atom:latest", "registry.example.com:5000/atom", "atom:latest@sha256:12"]) {
      const [said = "", ...more] = violationsOf(pinnedImages, deployment, pod({ containers: [{ image }] }));
      assert.ok(
        said.startsWith(`spec.template.spec.containers.0.image is "${image}"; allowed: an image with a fixed tag`),
        said,
      );
      assert.deepEqual(more, []);
    }
  });

  it("looks into every kind of workload, and at every kind of container", () => {
    const containers = pod({
      containers: [{ image: "a:1" }, { image: "b" }],
      initContainers: [{ image: "c" }],
      ephemeralContainers: [{ image: "d" }],
    });
    for (const [type, inputs] of [
      [deployment, containers],
      ["kubernetes:batch/v1:CronJob", { spec: { jobTemplate: containers } }],
    ] as const)
      assert.equal(violationsOf(pinnedImages, type, inputs).length, 3, type);
  });

  it("says nothing of images that no container runs", () => {
    assert.deepEqual(violationsOf(pinnedImages, deployment, { image: "logo", spec: { image: "logo" } }), []);
    assert.deepEqual(violationsOf(pinnedImages, "other:index:Thing", pod({ containers: [{ image: "atom" }] })), []);
  });
});
