import assert from "node:assert/strict";
import fc from "fast-check";
import { ClusterError } from "../../../platform/cluster/errors.ts";
import { clustersFolder, instanceOf } from "../../../platform/cluster/instance.ts";

describe("An instance's name", () => {
  it("gives it a folder, a context, a node and a control group of its own", () => {
    const instance = instanceOf("local");
    assert.equal(instance.folder, "/var/lib/atom/clusters/local");
    assert.equal(instance.context, "atom-local");
    assert.equal(instance.nodeName, "atom-local");
    assert.equal(instance.cgroup, "/atom-local");
    assert.equal(instance.files.kubeconfig, "/var/lib/atom/clusters/local/kubeconfig");
  });

  it("is refused, with what is allowed, when it could not name a node or would leave the folder", () => {
    for (const name of ["", "..", "a/b", "Local", "-a", "a-", "a_b", "x".repeat(33)])
      assert.throws(
        () => instanceOf(name),
        (error) =>
          error instanceof ClusterError && error.message.includes(`"${name}"`) && error.message.includes("at most 32"),
        name,
      );
  });

  it("never leads out of the clusters' folder, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (name) => {
        try {
          assert.equal(instanceOf(name).folder, `${clustersFolder}/${name}`);
          assert.match(name, /^[a-z0-9-]+$/);
        } catch (error) {
          assert.ok(error instanceof ClusterError);
        }
      }),
    );
  });
});
