import assert from "node:assert/strict";
import fc from "fast-check";
import {
  contains,
  formatPath,
  parsePath,
  PropertyPathError,
  replaceMatches,
  setValue,
} from "../../../platform/kubernetes-provider/property-path.ts";

describe("a property path", () => {
  it("is read as Pulumi writes it", () => {
    assert.deepEqual(parsePath("spec.http[0].match"), ["spec", "http", 0, "match"]);
    assert.deepEqual(parsePath('metadata.annotations["a.b/c"]'), ["metadata", "annotations", "a.b/c"]);
    assert.deepEqual(parsePath("spec.containers[*].image"), ["spec", "containers", "*", "image"]);
  });

  it("is refused when it is none", () => {
    for (const text of ["", "spec[", "spec[a]", 'a["b']) {
      assert.throws(() => parsePath(text), PropertyPathError, text);
    }
  });

  it("comes back from its own notation", () => {
    const key = fc.string({ minLength: 1 }).filter((text) => !text.includes("\\"));
    const element = fc.oneof(key, fc.nat(99));
    fc.assert(
      fc.property(fc.array(element, { minLength: 1, maxLength: 6 }), (path) => {
        assert.deepEqual(parsePath(formatPath(path)), path);
      }),
    );
  });

  it("contains itself and what lies below it, and nothing beside or above it", () => {
    const template = parsePath("spec.template");
    assert.equal(contains(template, parsePath("spec.template")), true);
    assert.equal(contains(template, parsePath("spec.template.spec.containers[0].image")), true);
    assert.equal(contains(template, parsePath("spec.templates")), false);
    assert.equal(contains(template, parsePath("spec")), false);
    assert.equal(contains(parsePath("spec.containers[*].image"), parsePath("spec.containers[3].image")), true);
  });

  it("with a star replaces each item and leaves the rest", () => {
    const value = { spec: { items: [{ a: 1, b: 1 }, { b: 2 }] } };
    assert.deepEqual(
      replaceMatches(value, parsePath("spec.items[*].a"), () => 9),
      { spec: { items: [{ a: 9, b: 1 }, { b: 2 }] } },
    );
  });

  it("makes the objects on the way when a value is set", () => {
    const root = {};
    setValue(root, ["spec", "template", "spec"], { a: 1 });
    assert.deepEqual(root, { spec: { template: { spec: { a: 1 } } } });
  });
});
