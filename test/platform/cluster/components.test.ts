import assert from "node:assert/strict";
import { parse } from "yaml";
import { planOf, stopOrder } from "../../../platform/cluster/components/table.ts";
import { exampleLayout } from "./fixtures.ts";
import type { Component, Command } from "../../../platform/cluster/components/component.ts";

const plan = planOf(exampleLayout());

describe("The table of components", () => {
  it("has every name once, and every component comes after ones that are there", () => {
    const names = plan.components.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
    for (const { name, after } of plan.components)
      for (const other of after) assert.ok(names.includes(other), `${name} comes after ${other}`);
  });

  it("is data: what the supervisor reads from the spec file is what the start wrote", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
  });

  it("starts etcd, containerd, the database and Redis at once, with nothing to wait for", () => {
    const first = plan.components.filter(({ after }) => after.length === 0).map(({ name }) => name);
    assert.deepEqual(first.sort(), ["containerd", "etcd", "initdb", "pushgateway", "redis"]);
  });

  it("stops those first that come after others, and etcd and containerd last", () => {
    const groups = stopOrder(plan.components).map((group) => group.map(({ name }) => name));
    const position = (name: string) => groups.findIndex((group) => group.includes(name));
    for (const { name, after } of plan.components)
      for (const other of after) assert.ok(position(name) < position(other), `${name} before ${other}`);
    assert.ok(groups.at(-1)?.includes("etcd"));
    assert.ok(groups.at(-1)?.includes("containerd"));
  });

  it("refuses components that wait for each other, and for ones that are not there", () => {
    const task = (name: string, ...after: string[]): Component => ({
      name,
      kind: "task",
      after,
      deadlineSeconds: 1,
      work: { kind: "apply", paths: [] },
    });
    assert.throws(() => stopOrder([task("a", "b"), task("b", "a")]), /wait for each other: a after b after a/);
    assert.throws(() => stopOrder([task("a", "b")]), /no component is named "b"/);
  });

  it("lets nothing listen but on loopback and the pods' bridge", () => {
    const listening = plan.components
      .flatMap(commandsOf)
      .flatMap(({ args, input = "" }) => [...args, ...input.split("\n")])
      .filter((text) => /(^--[a-z.-]*(listen|bind|addr|address)[a-z.-]*=|^bind |listen_addresses)/i.test(text))
      .filter((text) => !/^--(advertise|kubelet-preferred)/.test(text));
    assert.ok(listening.length >= 12, listening.join("\n"));
    for (const text of listening)
      assert.match(
        text,
        /(127\.0\.0\.1|10\.244\.0\.1)(:\d+)?$|Addr=$/,
        `${text} (an empty address turns a listener off)`,
      );
    const kubelet = parse(plan.files["etc/kubelet.yaml"] ?? "") as Record<string, unknown>;
    assert.equal(kubelet.address, "10.244.0.1");
    assert.equal(kubelet.healthzBindAddress, "127.0.0.1");
    const proxy = parse(plan.files["etc/kube-proxy.yaml"] ?? "") as Record<string, unknown>;
    assert.deepEqual(proxy.nodePortAddresses, ["10.213.3.2/32"]);
  });

  it("runs what faces requests and data without root's rights", () => {
    const unprivileged = plan.components
      .filter((component) => commandsOf(component).some(({ user }) => user !== undefined && user.uid !== 0))
      .map(({ name }) => name);
    assert.deepEqual(unprivileged.sort(), ["create database", "envoy", "initdb", "postgresql", "pushgateway", "redis"]);
  });

  it("authorises by RBAC and shuts anonymous clients out of the API server and the kubelet", () => {
    const args = commandsOf(plan.components.find(({ name }) => name === "kube-apiserver")!)[0]?.args ?? [];
    assert.ok(args.includes("--authorization-mode=Node,RBAC"));
    assert.ok(args.includes("--anonymous-auth=false"));
    const kubelet = parse(plan.files["etc/kubelet.yaml"] ?? "") as { authentication: { anonymous: object } };
    assert.deepEqual(kubelet.authentication.anonymous, { enabled: false });
  });

  it("tells the kubelet of control groups of version 1 only where they are", () => {
    const kubelet = (version: 1 | 2) =>
      parse(planOf(exampleLayout({ cgroupVersion: version })).files["etc/kubelet.yaml"] ?? "") as object;
    assert.equal("failCgroupV1" in kubelet(1), true);
    assert.equal("failCgroupV1" in kubelet(2), false);
  });

  it("imports the pause image first, since the kubelet waits for it, and each image after the one before", () => {
    const imports = plan.components.filter(({ name }) => name.startsWith("import "));
    assert.equal(imports[0]?.name, "import atom.local/pause:1.2.3");
    assert.deepEqual(
      imports.map(({ after }) => after[0]),
      ["containerd", ...imports.slice(0, -1).map(({ name }) => name)],
    );
  });

  it("imports a stack's images when the API server is done with its busiest work", () => {
    const late = plan.components.filter(
      ({ name, after }) => name.startsWith("import ") && after.includes("apply the operator's CRDs"),
    );
    assert.deepEqual(
      late.map(({ name }) => name),
      ["import atom.local/atom:1.2.3"],
    );
  });
});

describe("A cluster with metrics-server", () => {
  const measured = planOf(exampleLayout({ parts: ["metrics-server"] }));

  it("has it and what leads to it, and is the same in everything else", () => {
    const more = measured.components.slice(plan.components.length);
    assert.deepEqual(
      more.map(({ name }) => name),
      ["apply metrics.k8s.io", "metrics-server", "metrics.k8s.io answers"],
    );
    assert.deepEqual(measured.components.slice(0, plan.components.length), plan.components);
    assert.deepEqual(
      Object.keys(measured.files).filter((file) => !(file in plan.files)),
      ["etc/resource-metrics.json"],
    );
    assert.doesNotThrow(() => stopOrder(measured.components));
  });

  it("serves metrics.k8s.io on the pods' bridge, to whoever the API server vouches for and allows", () => {
    const [server] = measured.components.filter(({ name }) => name === "metrics-server").flatMap(commandsOf);
    const args = server?.args ?? [];
    assert.ok(args.includes("--bind-address=10.244.0.1"));
    assert.deepEqual(
      args.filter((arg) => arg.includes("insecure") || arg.includes("anonymous")),
      [],
    );
    const objects = JSON.parse(measured.files["etc/resource-metrics.json"] ?? "") as {
      readonly kind: string;
      readonly endpoints?: unknown;
      readonly roleRef?: { readonly name: string };
    }[];
    const slice = objects.find(({ kind }) => kind === "EndpointSlice");
    assert.deepEqual(slice?.endpoints, [{ addresses: ["10.244.0.1"], conditions: { ready: true } }]);
    assert.deepEqual(
      objects.flatMap(({ roleRef }) => roleRef?.name ?? []),
      ["atom:metrics-server", "system:auth-delegator", "extension-apiserver-authentication-reader"],
    );
  });
});

describe("A cluster with KEDA", () => {
  const scaled = planOf(exampleLayout({ parts: ["metrics-server", "keda"] }));

  it("has metrics-server, once, and KEDA's operator after its kinds", () => {
    const more = scaled.components.slice(plan.components.length);
    assert.deepEqual(
      more.map(({ name }) => name),
      ["apply metrics.k8s.io", "metrics-server", "metrics.k8s.io answers", "apply KEDA's CRDs and permissions", "keda"],
    );
    assert.deepEqual(planOf(exampleLayout({ parts: ["keda"] })), scaled);
    assert.doesNotThrow(() => stopOrder(scaled.components));
  });

  it("has all that it listens on inside of the instance alone", () => {
    const [operator] = scaled.components.filter(({ name }) => name === "keda").flatMap(commandsOf);
    const addresses = (operator?.args ?? []).filter((arg) => arg.includes("bind-address"));
    assert.equal(addresses.length, 2);
    // Its metrics would be on every interface.
    assert.ok(operator?.args.includes("--enable-prometheus-metrics=false"));
    for (const address of addresses) assert.match(address, /=127\.0\.0\.1:\d+$/);
  });
});

describe("What the operator is given", () => {
  type MonitoringObject = { readonly kind: string; readonly metadata: object; readonly spec: Record<string, unknown> };
  const objects = JSON.parse(plan.files["etc/monitoring.json"] ?? "") as MonitoringObject[];
  const ofKind = (kind: string) => objects.filter((one) => one.kind === kind).map(({ spec }) => spec);

  it("runs our own images and never asks a registry", () => {
    for (const spec of [...ofKind("Prometheus"), ...ofKind("Alertmanager")]) {
      assert.equal(spec.imagePullPolicy, "Never");
      assert.equal(spec.version, "1.2.3");
    }
  });

  it("selects monitors and rules by the label of the stacks, in every namespace", () => {
    const [prometheus = {}] = ofKind("Prometheus");
    for (const kind of ["serviceMonitor", "podMonitor", "scrapeConfig", "rule", "probe"]) {
      assert.deepEqual(prometheus[`${kind}Selector`], { matchLabels: { prometheus: "atom" } });
      assert.deepEqual(prometheus[`${kind}NamespaceSelector`], {});
    }
  });

  it("scrapes the Pushgateway with the labels that were pushed", () => {
    assert.deepEqual(ofKind("ScrapeConfig"), [
      { jobName: "pushgateway", honorLabels: true, staticConfigs: [{ targets: ["10.244.0.1:9091"] }] },
    ]);
  });

  it("shows Prometheus and Alertmanager at their own ports", () => {
    const nodePorts = ofKind("Service").map(({ ports }) => (ports as { nodePort: number }[])[0]?.nodePort);
    assert.deepEqual(nodePorts, [9090, 9093]);
  });
});

function commandsOf(component: Component): Command[] {
  const work = component.kind === "service" ? component.command : component.work;
  return work.kind === "command" ? [work] : [];
}
