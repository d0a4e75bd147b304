import assert from "node:assert/strict";
import {
  allowDns,
  allowEgress,
  allowIngress,
  allowReleaser,
  denyAll,
} from "../../../components/network/network-policies.ts";
import { releaserSelectorLabels } from "../../../components/workload/releaser.ts";

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
    const { ingress } = allowIngress("atom", [8000], {
      namespaces: ["istio-system", "monitoring", "monitoring"],
      cidrs: ["10.0.0.1/32"],
      releaser: false,
    });
    assert.deepEqual(ingress, [
      {
        from: [namespace("istio-system"), namespace("monitoring"), { ipBlock: { cidr: "10.0.0.1/32" } }],
        ports: [{ protocol: "TCP", port: 8000 }],
      },
    ]);
  });

  it("open each port of the service's pods, while versions of it listen on different ones", () => {
    const ports = [
      { protocol: "TCP", port: 9000 },
      { protocol: "TCP", port: 8000 },
    ];
    const sources = { namespaces: ["istio-system"], cidrs: [], releaser: false };
    assert.deepEqual(allowIngress("atom", [9000, 8000], sources).ingress, [
      { from: [namespace("istio-system")], ports },
    ]);
    const { egress } = allowReleaser("atom", { ports: [9000, 8000], namespaces: [], destinations: [] });
    assert.deepEqual(egress, [
      { to: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "atom" } } }], ports },
      { to: [] },
    ]);
  });

  it("let nobody in where no source is named, for an empty list would let everybody in", () => {
    assert.deepEqual(allowIngress("atom", [8000], { namespaces: [], cidrs: [], releaser: false }).ingress, []);
  });

  it("let a releaser of the service in where releases run in the cluster", () => {
    const { ingress } = allowIngress("atom", [8000], { namespaces: [], cidrs: [], releaser: true });
    assert.deepEqual(ingress, [
      {
        from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "atom-releaser" } } }],
        ports: [{ protocol: "TCP", port: 8000 }],
      },
    ]);
  });

  it("let a releaser reach the service's pods, gateway and Prometheus, and the API server", () => {
    const { podSelector, policyTypes, egress } = allowReleaser("atom", {
      ports: [8000],
      namespaces: ["istio-system", "monitoring"],
      destinations: [{ cidr: "10.0.0.1/32", ports: [6443] }],
    });
    assert.deepEqual([podSelector, policyTypes], [{ matchLabels: releaserSelectorLabels("atom") }, ["Egress"]]);
    assert.deepEqual(egress, [
      {
        to: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "atom" } } }],
        ports: [{ protocol: "TCP", port: 8000 }],
      },
      { to: [namespace("istio-system"), namespace("monitoring")] },
      { to: [{ ipBlock: { cidr: "10.0.0.1/32" } }], ports: [{ protocol: "TCP", port: 6443 }] },
    ]);
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
