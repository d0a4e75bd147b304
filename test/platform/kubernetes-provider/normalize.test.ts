import assert from "node:assert/strict";
import { normalizeInputs } from "../../../platform/kubernetes-provider/normalize.ts";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("normalized inputs", () => {
  it("have the quantities of a pod template in the API server's form", () => {
    const inputs = (cpu: string | number) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "atom" },
      spec: { template: { spec: { containers: [{ name: "atom", resources: { requests: { cpu } } }] } } },
    });
    assert.deepEqual(normalizeInputs(inputs("1000m")), inputs("1"));
    assert.deepEqual(normalizeInputs(inputs(0.5)), inputs("500m"));
  });

  it("have a Secret's texts in its data, as the API server keeps them", () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" } };
    assert.deepEqual(normalizeInputs({ ...secret, data: { a: "YQ==" }, stringData: { b: "b" } }), {
      ...secret,
      data: { a: "YQ==", b: "Yg==" },
    });
  });

  it("lack what the API server drops, and keep the empty objects that mean something", () => {
    const policy = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" };
    const spec = { podSelector: {}, ingress: [], egress: [{}] };
    assert.deepEqual(normalizeInputs({ ...policy, metadata: { name: "p", labels: {}, annotations: null }, spec }), {
      ...policy,
      metadata: { name: "p" },
      spec: { podSelector: {}, egress: [{}] },
    });
  });

  it("lack the metadata that only the API server sets", () => {
    const inputs = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", uid: "1", resourceVersion: "2" } };
    assert.deepEqual(normalizeInputs(inputs), { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" } });
  });

  it("of a custom resource, or with unknown parts, are left as they are", () => {
    const custom = { apiVersion: "example.com/v1", kind: "Deployment", metadata: { name: "c" }, spec: { list: [] } };
    assert.deepEqual(normalizeInputs(custom), custom);
    const unknown = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, data: { a: UNKNOWN, b: [] } };
    assert.deepEqual(normalizeInputs(unknown), unknown);
  });
});
