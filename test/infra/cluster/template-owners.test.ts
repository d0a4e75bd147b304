import assert from "node:assert/strict";
import { managedFieldsSchema, setByOthers } from "../../../infra/cluster/template-owners.ts";

const none = {};
const item = (name: string) => `k:{"name":"${name}"}`;
const env = (...names: string[]) => ({
  "f:containers": {
    [item("atom")]: {
      "f:env": Object.fromEntries(names.map((name) => [item(name), { ".": none, "f:name": none, "f:value": none }])),
    },
  },
});
const entry = (manager: string, template: object, more: object = {}) => ({
  ...{ manager, operation: "Update" },
  ...{ fieldsV1: { "f:spec": { "f:replicas": none, "f:template": template } } },
  ...more,
});
const pulumi = entry("pulumi-kubernetes-1a2b", { "f:spec": env("A", "B") });
const found = (...entries: object[]) => setByOthers(managedFieldsSchema.parse(entries));

describe("what others have set in a pod template", () => {
  it("is a variable that was added by hand, once and with who added it", () => {
    assert.deepEqual(found(pulumi, entry("kubectl-set", { "f:spec": env("HOTPATCH") })), [
      "spec.containers.atom.env.HOTPATCH (kubectl-set)",
    ]);
  });

  it("is a value that was changed by hand, and not one that is the same", () => {
    const value = { "f:containers": { [item("atom")]: { "f:image": none } } };
    const both = entry("pulumi-kubernetes-1a2b", { "f:spec": value });
    assert.deepEqual(found(pulumi, entry("kubectl-set", { "f:spec": value })), [
      "spec.containers.atom.image (kubectl-set)",
    ]);
    assert.deepEqual(found(both, entry("kubectl-set", { "f:spec": value })), []);
  });

  it("is the mark of a restart", () => {
    const restart = { "f:metadata": { "f:annotations": { "f:kubectl.kubernetes.io/restartedAt": none } } };
    assert.deepEqual(found(pulumi, entry("kubectl-rollout", restart)), [
      "metadata.annotations.kubectl.kubernetes.io/restartedAt (kubectl-rollout)",
    ]);
  });

  it("is nothing of the program, the releaser, the controllers or who scales", () => {
    const revision = { manager: "kube-controller-manager", fieldsV1: { "f:metadata": { "f:annotations": none } } };
    const status = entry("kubelet", { "f:spec": env("X") }, { subresource: "status" });
    const scaled = { manager: "kubectl", subresource: "scale", fieldsV1: { "f:spec": { "f:replicas": none } } };
    const releaser = entry("atom-release", { "f:spec": env("C") });
    assert.deepEqual(found(pulumi, releaser, revision, status, scaled), []);
    assert.deepEqual(found(), []);
  });

  it("is named in an item without a name by its keys, and is bounded", () => {
    const port = { 'k:{"containerPort":1,"protocol":"TCP"}': { ".": none } };
    const ports = { "f:spec": { "f:containers": { [item("atom")]: { "f:ports": port } } } };
    assert.deepEqual(found(entry("a", ports)), ['spec.containers.atom.ports.{"containerPort":1,"protocol":"TCP"} (a)']);
    const many = Array.from({ length: 40 }, (_each, index) => `V${index + 10}`);
    assert.equal(found(entry("a", { "f:spec": env(...many) })).length, 10);
  });
});
