import assert from "node:assert/strict";
import type { FieldTree, ManagedFields } from "../../../delivery/cluster/api.ts";
import { withTemplateOwnedByPulumi } from "../../../delivery/cluster/template-owner.ts";

const spec = (fields: FieldTree): FieldTree => ({ "f:spec": fields });
const template = (...keys: readonly string[]): FieldTree => ({
  "f:template": { "f:spec": Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) },
});
const entry = (manager: string, operation: string, fieldsV1: FieldTree, more: Partial<ManagedFields> = {}) => ({
  ...{ manager, operation, apiVersion: "apps/v1", fieldsType: "FieldsV1", time: "2026-01-01T00:00:00Z", fieldsV1 },
  ...more,
});
const applied = entry("pulumi-kubernetes-1a2b", "Apply", spec({ "f:strategy": {}, ...template("serviceAccountName") }));
const released = (fields: FieldTree) => entry("atom-release", "Update", fields);

describe("the owners of a slot's fields", () => {
  const handedOver = (...managedFields: readonly ManagedFields[]) =>
    withTemplateOwnedByPulumi({ name: "atom-green", managedFields }, "atom-release");

  it("are Pulumi for the pod template that the releaser staged, and the releaser for what it owns beside that", () => {
    const stamp = { "f:metadata": { "f:annotations": { "f:atom.dev/fence": {} } } };
    const status = entry("kube-controller-manager", "Update", { "f:status": {} }, { subresource: "status" });
    const staged = released({ ...stamp, ...spec({ "f:replicas": {}, ...template("containers", "volumes") }) });
    assert.deepEqual(handedOver(status, applied, staged), [
      status,
      {
        ...applied,
        fieldsV1: spec({ "f:strategy": {}, ...template("serviceAccountName", "containers", "volumes") }),
      },
      released({ ...stamp, ...spec({ "f:replicas": {} }) }),
    ]);
  });

  it("are not said to be the releaser where it owned the template alone", () => {
    assert.deepEqual(handedOver(released(spec(template("serviceAccountName"))), applied), [applied]);
  });

  it("are those of a slot that Pulumi has made and not updated yet, which its next update takes over", () => {
    const created = entry("pulumi-kubernetes", "Update", spec(template("a")));
    assert.deepEqual(handedOver(created, released(spec(template("b")))), [
      { ...created, fieldsV1: spec(template("a", "b")) },
    ]);
    const owners = handedOver(created, applied, released(spec(template("b"))));
    assert.deepEqual(owners?.[0], created, "what is applied comes first");
  });

  it("are the name that Pulumi applied by last, where it has had several", () => {
    const before = { ...applied, manager: "pulumi-kubernetes-0000", time: "2025-01-01T00:00:00Z" };
    const owners = handedOver(before, applied, released(spec(template("b"))));
    assert.deepEqual(owners, [
      before,
      { ...applied, fieldsV1: spec({ "f:strategy": {}, ...template("serviceAccountName", "b") }) },
    ]);
  });

  it("stay as they are where the releaser owns nothing of the template, and where Pulumi owns nothing at all", () => {
    for (const entries of [
      [],
      [applied],
      [applied, released(spec({ "f:replicas": {} }))],
      [applied, entry("kubectl-set", "Update", spec(template("containers")))],
      [applied, entry("atom-release", "Update", spec(template("containers")), { subresource: "scale" })],
      [entry("argocd", "Apply", spec(template("a"))), released(spec(template("b")))],
      // Fields of another version have other names.
      [applied, { ...released(spec(template("b"))), apiVersion: "apps/v2" }],
      [applied, { manager: "atom-release" }],
    ])
      assert.equal(handedOver(...entries), undefined, JSON.stringify(entries));
  });
});
