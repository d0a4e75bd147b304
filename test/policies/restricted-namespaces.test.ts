import assert from "node:assert/strict";
import { restrictedNamespaces } from "../../policies/restricted-namespaces.ts";
import { violationsOf } from "./support.ts";

const namespace = "kubernetes:core/v1:Namespace";
const enforce = "pod-security.kubernetes.io/enforce";

function said(labels: Readonly<Record<string, string>> | undefined): readonly string[] {
  return violationsOf(restrictedNamespaces, namespace, { metadata: { name: "atom", ...(labels && { labels }) } });
}

describe("the policy restricted-namespaces", () => {
  it("takes a namespace that enforces the restricted standard", () => {
    assert.deepEqual(said({ [enforce]: "restricted" }), []);
    assert.deepEqual(said({ [enforce]: "restricted", [`${enforce}-version`]: "latest" }), []);
  });

  it("refuses one without labels, and one whose labels only warn", () => {
    const expected = [`It must have the label ${enforce}: restricted, and has none.`];
    assert.deepEqual(said(undefined), expected);
    assert.deepEqual(said({ "pod-security.kubernetes.io/warn": "restricted" }), expected);
  });

  it("refuses a laxer standard", () => {
    for (const level of ["baseline", "privileged", "Restricted", ""])
      assert.deepEqual(said({ [enforce]: level }), [
        `It must have the label ${enforce}: restricted, and has ${level}.`,
      ]);
  });

  it("refuses one that is held to an older version of the standard", () => {
    assert.deepEqual(said({ [enforce]: "restricted", [`${enforce}-version`]: "v1.24" }), [
      `It must not hold the label ${enforce}-version to v1.24.`,
    ]);
  });

  it("says nothing of other resources", () => {
    assert.deepEqual(violationsOf(restrictedNamespaces, "kubernetes:core/v1:Pod", {}), []);
    assert.deepEqual(violationsOf(restrictedNamespaces, "other:core/v1:Namespace", {}), []);
  });
});
