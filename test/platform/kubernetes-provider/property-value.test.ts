import assert from "node:assert/strict";
import { fromOutputs, toOutputs } from "../../../platform/kubernetes-provider/checkpoint.ts";
import {
  hasUnknown,
  isSecret,
  markSecrets,
  secret,
  withoutSecrets,
} from "../../../platform/kubernetes-provider/property-value.ts";

describe("secret marks", () => {
  it("are taken off at any depth", () => {
    assert.deepEqual(withoutSecrets({ a: [secret({ b: secret("c") })] }), { a: [{ b: "c" }] });
  });

  it("are put on the outputs of what was secret in the inputs, and on nothing else", () => {
    const inputs = { data: { token: secret("t"), plain: "p" }, gone: secret("x") };
    assert.deepEqual(markSecrets({ data: { token: "t", plain: "p" }, other: 1 }, inputs), {
      data: { token: secret("t"), plain: "p" },
      other: 1,
    });
  });

  it("cover the whole of an array with a secret in it, as the API server may reorder it", () => {
    const inputs = {
      env: [
        { name: "A", value: secret("a") },
        { name: "B", value: "b" },
      ],
    };
    const marked = markSecrets(
      {
        env: [
          { name: "B", value: "b" },
          { name: "A", value: "a" },
        ],
      },
      inputs,
    );
    assert.equal(isSecret(marked.env), true);
  });

  it("cover the data of a Secret, whatever the inputs say", () => {
    assert.equal(isSecret(markSecrets({ kind: "Secret", data: { a: "YQ==" } }, {}).data), true);
  });

  it("are not put on twice", () => {
    assert.deepEqual(secret(secret("a")), secret("a"));
  });

  it("and Pulumi's own fields are gone when a state is read back", () => {
    const checkpoint = {
      inputs: { kind: "ConfigMap", data: { a: "s" } },
      live: { kind: "ConfigMap", data: { a: "s" }, metadata: { uid: "1" } },
      initialApiVersion: "v1",
      fieldManager: "pulumi-kubernetes-1",
    };
    const outputs = toOutputs(checkpoint, { data: { a: secret("s") } });
    assert.equal(JSON.stringify(outputs).includes('"a":"s"'), false);
    assert.deepEqual(fromOutputs(outputs), checkpoint);
  });
});

describe("unknown values", () => {
  it("are found at any depth", () => {
    assert.equal(hasUnknown({ a: [{ b: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }] }), true);
    assert.equal(hasUnknown({ a: [{ b: "04da6b54" }] }), false);
  });
});
