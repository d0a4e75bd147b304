import assert from "node:assert/strict";
import { withoutIgnoredFields } from "../../../platform/kubernetes-provider/ignored-fields.ts";
import type { JsonObject } from "../../../platform/kubernetes-provider/json.ts";
import { hasFieldsToTakeOver, takeOver } from "../../../platform/kubernetes-provider/managed-fields.ts";
import { parsePath } from "../../../platform/kubernetes-provider/property-path.ts";

const MINE = "pulumi-kubernetes-1234abcd";

interface Entry {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly fieldsV1: JsonObject;
  readonly subresource?: string;
}

function live(spec: JsonObject, ...managedFields: Entry[]): JsonObject {
  const entries = managedFields.map((entry) => ({ ...entry }));
  return { kind: "VirtualService", metadata: { name: "atom", managedFields: entries }, spec };
}

const releaser: Entry = { manager: "atom-release", operation: "Update", fieldsV1: { "f:spec": { "f:http": {} } } };
const mine: Entry = { manager: MINE, operation: "Apply", fieldsV1: { "f:spec": { "f:hosts": {} } } };

function applied(inputs: JsonObject, object: JsonObject, ...paths: string[]): JsonObject {
  return withoutIgnoredFields(inputs, object, MINE, paths.map(parsePath));
}

describe("an ignored field", () => {
  it("that only another manager owns is not applied", () => {
    const object = live({ hosts: ["a"], http: [90] }, mine, releaser);
    assert.deepEqual(applied({ spec: { hosts: ["b"], http: [100] } }, object, "spec.http"), { spec: { hosts: ["b"] } });
  });

  it("that we own too is applied with its live value: leaving it out would remove it", () => {
    const both = { ...mine, fieldsV1: { "f:spec": { "f:http": {} } } };
    const object = live({ hosts: ["a"], http: [90] }, both, releaser);
    assert.deepEqual(applied({ spec: { http: [100] } }, object, "spec.http"), { spec: { http: [90] } });
  });

  it("that nobody owns is applied with its live value", () => {
    assert.deepEqual(applied({ spec: { replicas: 3 } }, live({ replicas: 0 }, mine), "spec.replicas"), {
      spec: { replicas: 0 },
    });
  });

  it("that the cluster does not hold is applied with the program's value", () => {
    assert.deepEqual(applied({ spec: { replicas: 3 } }, live({}, mine), "spec.replicas"), { spec: { replicas: 3 } });
  });

  it("is found by a key with dots in it", () => {
    const object = { metadata: { annotations: { "a.b/c": "live" } } };
    const path = 'metadata.annotations["a.b/c"]';
    assert.deepEqual(applied({ metadata: { annotations: { "a.b/c": "new" } } }, object, path), object);
  });

  it("inside an array is left as the engine sent it", () => {
    const inputs = { spec: { http: [{ weight: 1 }] } };
    assert.deepEqual(applied(inputs, live({ http: [{ weight: 2 }] }, releaser), "spec.http[0].weight"), inputs);
  });
});

describe("taking fields over", () => {
  const created: Entry = { manager: "pulumi-kubernetes", operation: "Update", fieldsV1: { "f:data": { "f:a": {} } } };
  const kubectl: Entry = { manager: "kubectl-edit", operation: "Update", fieldsV1: { "f:data": { "f:b": {} } } };
  const status: Entry = { ...kubectl, manager: "kubectl", subresource: "status" };

  it("makes what a plain create owned an applied field", () => {
    assert.deepEqual(takeOver(live({}, created, releaser), MINE), [
      { ...releaser },
      { ...created, manager: MINE, operation: "Apply" },
    ]);
  });

  it("joins kubectl's fields with our own, and leaves a status to whom it belongs", () => {
    const own = { ...mine, fieldsV1: { "f:data": { "f:a": {} } } };
    assert.deepEqual(takeOver(live({}, own, kubectl, status), MINE), [
      { ...status },
      { ...own, fieldsV1: { "f:data": { "f:a": {}, "f:b": {} } } },
    ]);
  });

  it("has nothing to do once all is ours", () => {
    assert.equal(takeOver(live({}, mine, releaser), MINE), undefined);
  });

  it("is what a dry run has to reckon with after a plain create only", () => {
    assert.equal(hasFieldsToTakeOver(live({}, created)), true);
    assert.equal(hasFieldsToTakeOver(live({}, mine, kubectl)), false);
  });
});
