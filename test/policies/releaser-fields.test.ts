import assert from "node:assert/strict";
import { releaserFields } from "../../policies/releaser-fields.ts";
import { violationsOf } from "./support.ts";

const route = "kubernetes:networking.istio.io/v1:VirtualService";
const configMap = "kubernetes:core/v1:ConfigMap";
const spec = { spec: { http: [{ route: [{ weight: 100 }] }] } };

describe("the policy releaser-fields", () => {
  it("refuses a route whose weights an update would move", () => {
    assert.deepEqual(violationsOf(releaserFields, route, spec), [
      'spec.http belongs to the releaser: an update would move traffic. Declare it with ignoreChanges: ["spec.http"].',
    ]);
  });

  it("refuses a route that ignores something else, or a part of it alone", () => {
    for (const path of ["spec.hosts", "spec.httpRoutes", "spec.http[0]", "metadata", "spec.http.0"])
      assert.equal(violationsOf(releaserFields, route, spec, { ignoreChanges: [path] }).length, 1, path);
  });

  it("takes a route that ignores its http, or all that holds it", () => {
    for (const path of ["spec.http", "spec", "*"])
      assert.deepEqual(
        violationsOf(releaserFields, route, spec, { ignoreChanges: ["metadata.labels", path] }),
        [],
        path,
      );
  });

  it("takes routes whose weights the program has read, which it says by an annotation", () => {
    const metadata = { annotations: { "atom.dev/applied": "1" } };
    assert.deepEqual(violationsOf(releaserFields, route, { ...spec, metadata }), []);
  });

  it("knows routes of every version", () => {
    assert.equal(violationsOf(releaserFields, "kubernetes:networking.istio.io/v1beta1:VirtualService", spec).length, 1);
  });

  it("refuses a ledger that an update would write", () => {
    const inputs = { data: { "ledger.json": "{}" } };
    assert.deepEqual(violationsOf(releaserFields, configMap, inputs), [
      'data belongs to the releaser: an update would forget the releases. Declare it with ignoreChanges: ["data"].',
    ]);
    assert.deepEqual(violationsOf(releaserFields, configMap, inputs, { ignoreChanges: ["data"] }), []);
  });

  it("says nothing of other resources", () => {
    assert.deepEqual(violationsOf(releaserFields, configMap, { data: { "plan.json": "{}" } }), []);
    assert.deepEqual(violationsOf(releaserFields, "kubernetes:networking.istio.io/v1:Gateway", spec), []);
    assert.deepEqual(violationsOf(releaserFields, "other:index:VirtualService", spec), []);
  });
});
