import assert from "node:assert/strict";
import fc from "fast-check";
import {
  changedSecrets,
  isServiceSecret,
  secretAnnotations,
  secretsNamed,
} from "../../../components/workload/secret-version.ts";

const template = (keys: Readonly<Record<string, string>>) => ({
  metadata: { annotations: secretAnnotations({ name: "atom-secrets-0123456789ab", keys }) },
});

describe("the secrets that differ between two templates", () => {
  it("are named by their keys, those that came and went too, sorted", () => {
    const before = template({ same: "1", changed: "1", gone: "1" });
    assert.deepEqual(changedSecrets(before, template({ same: "1", changed: "2", came: "1" })), [
      "came",
      "changed",
      "gone",
    ]);
    assert.deepEqual(changedSecrets(before, before), []);
  });

  it("are none where a template says nothing of its Secret, or nonsense", () => {
    const texts = ["", "{", "null", "1", '"text"'];
    const others = [undefined, {}, { metadata: {} }, ...texts.map((text) => annotated(text))];
    for (const other of others) {
      assert.deepEqual(changedSecrets(other, template({ a: "1" })), []);
      assert.deepEqual(changedSecrets(template({ a: "1" }), other), []);
    }
  });

  function annotated(text: string) {
    return { metadata: { annotations: { "atom.dev/secret-keys": text } } };
  }
});

describe("the Secrets that a template names", () => {
  const versioned = "atom-secrets-0123456789ab";

  it("are found wherever a pod template can name one", () => {
    const templates: unknown[] = [
      { spec: { containers: [{ env: [{ name: "A", valueFrom: { secretKeyRef: { name: versioned, key: "a" } } }] }] } },
      { spec: { containers: [{ envFrom: [{ secretRef: { name: versioned } }] }] } },
      { spec: { initContainers: [{ env: [{ valueFrom: { secretKeyRef: { name: versioned } } }] }] } },
      { spec: { volumes: [{ name: "v", secret: { secretName: versioned } }] } },
      { spec: { volumes: [{ name: "v", projected: { sources: [{ secret: { name: versioned } }] } }] } },
      { spec: { imagePullSecrets: [{ name: versioned }] } },
      { metadata: { annotations: { "atom.dev/secret": versioned } } },
    ];
    for (const each of templates) assert.deepEqual(secretsNamed("atom", each), [versioned]);
  });

  it("are the service's own, with a version or without, each once", () => {
    const names = ["atom-secrets", versioned, "atom-secrets", "atom-version-key", "atom-alerts", "other-secrets", "x"];
    assert.deepEqual(secretsNamed("atom", names), ["atom-secrets", versioned]);
    assert.deepEqual(secretsNamed("other", names), ["other-secrets"]);
  });

  it("are none that only begin or end like one of the service's", () => {
    const others = [
      ...["atom-secrets-", "atom-secrets-0123456789a", "atom-secrets-0123456789abc", "atom-secrets-0123456789AB"],
      ...["atom-secrets-mine", "my-atom-secrets", "atom-secrets-0123456789ab ", "atom-secretsX0123456789ab"],
    ];
    for (const name of others) assert.equal(isServiceSecret("atom", name), false, name);
  });

  it("do not depend on what a ledger keeps beside them, however deep", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (kept) => {
        assert.deepEqual(secretsNamed("atom", [kept, versioned, null, 1, undefined]), [versioned]);
      }),
    );
    let deep: unknown = versioned;
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    assert.deepEqual(secretsNamed("atom", [deep, versioned]), [versioned]);
  });
});
