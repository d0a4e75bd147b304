import assert from "node:assert/strict";
import { allowDns, allowEgress, allowIngress, denyAll } from "../../../components/network/network-policies.ts";

const namespace = (name: string) => ({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } });

describe("the network policies", () => {
  it("deny everything by default", () => {
    assert.deepEqual(denyAll(), { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
  });

  it("let every pod ask the cluster's DNS alone", () => {
    assert.deepEqual(allowDns("kube-system").egress, [
      {
        to: [namespace("kube-system")],
        ports: [
          { protocol: "UDP", port: 53 },
          { protocol: "TCP", port: 53 },
        ],
      },
    ]);
  });

  it("let gateway, Prometheus and named addresses in, on the service's port, each once", () => {
    const { ingress } = allowIngress("atom", 8000, {
      namespaces: ["istio-system", "monitoring", "monitoring"],
      cidrs: ["10.0.0.1/32"],
    });
    assert.deepEqual(ingress, [
      {
        from: [namespace("istio-system"), namespace("monitoring"), { ipBlock: { cidr: "10.0.0.1/32" } }],
        ports: [{ protocol: "TCP", port: 8000 }],
      },
    ]);
  });

  it("let nobody in where no source is named, for an empty list would let everybody in", () => {
    assert.deepEqual(allowIngress("atom", 8000, { namespaces: [], cidrs: [] }).ingress, []);
  });

  it("let a service's pods, its migrations too, reach the named destinations alone", () => {
    const policy = allowEgress("atom", [{ cidr: "10.20.0.0/16", ports: [5432, 6379] }]);
    assert.deepEqual(policy.podSelector, { matchLabels: { "app.kubernetes.io/part-of": "atom" } });
    assert.deepEqual(policy.egress, [
      {
        to: [{ ipBlock: { cidr: "10.20.0.0/16" } }],
        ports: [
          { protocol: "TCP", port: 5432 },
          { protocol: "TCP", port: 6379 },
        ],
      },
    ]);
  });
});
