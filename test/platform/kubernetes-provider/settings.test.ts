import assert from "node:assert/strict";
import { isAutonamed, withAutoname } from "../../../platform/kubernetes-provider/autoname.ts";
import { checkSettings, clusterAddress } from "../../../platform/kubernetes-provider/settings.ts";
import { ProtectedStackError, refuseProtectedStack } from "../../../platform/kubernetes-provider/stack-guard.ts";

const urn = (stack: string): string => `urn:pulumi:${stack}::atom::kubernetes:core/v1:ConfigMap::settings`;

describe("the stand-in's settings", () => {
  it("lead to the cluster of the context", () => {
    const kubeconfig = JSON.stringify({
      clusters: ["a", "b"].map((name) => ({ name, cluster: { server: `https://${name}.example` } })),
      contexts: ["a", "b"].map((name) => ({ name, context: { cluster: name, user: "u" } })),
      users: [{ name: "u", user: {} }],
      "current-context": "a",
    });
    assert.equal(clusterAddress({ kubeconfig }), "https://a.example");
    assert.equal(clusterAddress({ kubeconfig, context: "b" }), "https://b.example");
    assert.equal(clusterAddress({ kubeconfig, context: "c" }), undefined);
  });

  it("are refused where it cannot follow them, all at once", () => {
    const problems = checkSettings({ enableServerSideApply: "false", renderYamlToDirectory: "out" });
    assert.deepEqual(
      problems.map(({ property }) => property),
      ["renderYamlToDirectory", "enableServerSideApply"],
    );
    assert.deepEqual(checkSettings({ enableServerSideApply: "true", context: "local" }), []);
  });
});

describe("the stand-in", () => {
  it("refuses the stacks that matter to users, and no other", () => {
    for (const stack of ["staging", "production", "production-eu", "Production", "prod"]) {
      assert.throws(() => {
        refuseProtectedStack(urn(stack));
      }, ProtectedStackError);
    }
    for (const stack of ["local", "test-staging", "productions"]) refuseProtectedStack(urn(stack));
  });
});

describe("a name that nobody gave", () => {
  const naming = { name: "settings", seed: new Uint8Array([1]), old: {}, proposed: undefined };

  it("is the same for the same seed, and is noted as made up", () => {
    const named = withAutoname({ metadata: { namespace: "n" } }, naming);
    assert.deepEqual(named, withAutoname({ metadata: { namespace: "n" } }, naming));
    assert.equal(isAutonamed(named), true);
  });

  it("stays what it was", () => {
    const old = { metadata: { name: "settings-1", annotations: { "pulumi.com/autonamed": "true" } } };
    assert.deepEqual(withAutoname({}, { ...naming, old }), old);
  });

  it("is not made where the program gives one", () => {
    const inputs = { metadata: { name: "mine" } };
    assert.equal(withAutoname(inputs, naming), inputs);
  });
});
