import assert from "node:assert/strict";
import { buildHttpRoutes } from "../../../components/routes/http-routes.ts";
import { judgedObjects } from "../../../delivery/cluster/judged-objects.ts";
import { deployments, services, virtualServices } from "../../../delivery/cluster/resources.ts";
import { describeDifference, fingerprintOf, type JudgedState } from "../../../delivery/release/judged-object.ts";
import { Fence } from "../../../delivery/cluster/fence.ts";
import { IstioRouter } from "../../../delivery/router/istio.ts";
import { MemoryCluster } from "../support/memory-cluster.ts";
import { releasePlan } from "../support/plans.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const name = { namespace: "atom-staging", name: "atom" };
const { signal } = new AbortController();
const http = { service: "atom", port: 8000, timeout: 30_000, retries: { attempts: 0, perTryTimeout: 1_000, on: [] } };
const routes = (candidateWeight: number) => buildHttpRoutes(http, { active: "blue", candidateWeight });

/** What is judged in a cluster, by the names of the objects. */
function judgedIn(cluster: MemoryCluster, kind: "istio" | "replicas" = "istio") {
  const plan = releasePlan(kind === "istio" ? {} : { router: { kind } });
  const objects = judgedObjects({ cluster: cluster.client(), clock: new VirtualClock(), plan });
  return new Map(objects.map((object) => [object.name, object]));
}

async function stateOf(cluster: MemoryCluster, which: string, kind?: "istio" | "replicas"): Promise<JudgedState> {
  const object = judgedIn(cluster, kind).get(which);
  assert.ok(object, which);
  return object.read(signal);
}

describe("what a release is judged by", () => {
  it("is both slots' templates, the route, the Services and the plan", () => {
    const cluster = new MemoryCluster();
    const rest = ["Service atom-blue", "Service atom-green", "ConfigMap atom-release-plan"];
    const slots = ["Deployment atom-blue", "Deployment atom-green"];
    assert.deepEqual([...judgedIn(cluster).keys()], [...slots, "VirtualService atom", "Service atom", ...rest]);
    assert.deepEqual([...judgedIn(cluster, "replicas").keys()], [...slots, "Service atom", ...rest]);
  });

  it("is of a VirtualService all but its weights and the canary route, which the releaser moves", async () => {
    const cluster = new MemoryCluster();
    const put = (list: readonly unknown[], hosts = ["atom"]): void => {
      cluster.put(virtualServices, { metadata: name, spec: { hosts, http: list } });
    };
    const contents: string[] = [];
    const see = async (): Promise<JudgedState> => {
      const state = await stateOf(cluster, "VirtualService atom");
      contents.push(fingerprintOf(state.content));
      return state;
    };
    put(routes(0));
    assert.deepEqual((await see()).moved, { blue: 100, green: 0 });
    put(routes(40));
    assert.deepEqual((await see()).moved, { blue: 60, green: 40 });
    const canary = { name: "canary", match: [{ headers: { "x-canary": {} } }], route: [] };
    put([canary, ...routes(40)]);
    await see();
    assert.equal(new Set(contents).size, 1);
    const [primary] = routes(40);
    for (const changed of [
      [canary, { ...primary, corsPolicy: {} }],
      [canary, { ...primary, route: [] }],
      [canary, { name: "admin", match: [] }, primary],
    ]) {
      put(changed);
      await see();
    }
    put(routes(40), ["atom", "other"]);
    await see();
    assert.equal(new Set(contents).size, 5);
    assert.deepEqual(
      judgedIn(cluster).get("VirtualService atom")?.movedFor?.({ active: "green", candidate: "blue", percent: 10 }),
      { blue: 10, green: 90 },
    );
  });

  it("is of a VirtualService no destination that the releaser adds, be it a Service or a subset", async () => {
    const cluster = new MemoryCluster();
    const plan = releasePlan();
    const writer = new Fence({
      cluster: cluster.client(),
      clock: new VirtualClock(),
      fence: 1,
      check: () => undefined,
    });
    const served = { servedSince: () => Promise.resolve([]) };
    for (const destination of [
      { host: "atom-blue", port: { number: 8000 } },
      { host: "atom", subset: "blue", port: { number: 8000 } },
    ]) {
      cluster.put(virtualServices, { metadata: name, spec: { http: [{ name: "primary", route: [{ destination }] }] } });
      const before = await stateOf(cluster, "VirtualService atom");
      const istio = new IstioRouter({ writer, namespace: plan.namespace, http, shares: [], served });
      await istio.shift({ active: "blue", candidate: "green", percent: 10 }, signal);
      const after = await stateOf(cluster, "VirtualService atom");
      assert.deepEqual(
        [before.moved, after.moved],
        [
          { blue: 100, green: 0 },
          { blue: 90, green: 10 },
        ],
      );
      assert.equal(describeDifference(before.content, after.content), "");
    }
  });

  it("is of a Service without a mesh its ports, and the releaser moves its selector", async () => {
    const cluster = new MemoryCluster();
    const selector = { "app.kubernetes.io/name": "atom", "atom.dev/slot": "blue" };
    cluster.put(services, { metadata: name, spec: { selector, ports: [{ port: 8000 }] } });
    assert.deepEqual(await stateOf(cluster, "Service atom", "replicas"), {
      content: [{ port: 8000 }],
      moved: selector,
      by: undefined,
    });
    const object = judgedIn(cluster, "replicas").get("Service atom");
    assert.deepEqual(object?.movedFor?.({ active: "blue", candidate: "green", percent: 0 }), selector);
  });

  it("is of the Service of the service's own name its ports, and the releaser turns its selector, unless it selects no slot", async () => {
    const cluster = new MemoryCluster();
    const selector = { "app.kubernetes.io/name": "atom", "atom.dev/slot": "blue" };
    const ports = [{ port: 8000 }];
    cluster.put(services, { metadata: name, spec: { selector, ports } });
    const { content, moved } = await stateOf(cluster, "Service atom");
    assert.deepEqual(moved, selector);
    const object = judgedIn(cluster).get("Service atom");
    assert.deepEqual(object?.movedFor?.({ active: "blue", candidate: "green", percent: 0 }), selector);
    assert.equal(object.movedBy, "selectSlot");

    cluster.put(services, { metadata: name, spec: { selector: { ...selector, "atom.dev/slot": "green" }, ports } });
    assert.deepEqual((await stateOf(cluster, "Service atom")).content, content);
    cluster.put(services, { metadata: name, spec: { selector: { "app.kubernetes.io/name": "atom" }, ports } });
    const both = await stateOf(cluster, "Service atom");
    assert.equal(both.moved, undefined);
    assert.equal(describeDifference(content, both.content), "selector");
  });

  it("is nothing where there is no such object, and was changed by who wrote it last beside the releaser and controllers", async () => {
    const cluster = new MemoryCluster();
    assert.deepEqual(await stateOf(cluster, "Deployment atom-blue"), { content: null, by: undefined });
    const managedFields = [
      { manager: "kubectl-set", time: "2026-01-01T00:00:02Z" },
      { manager: "pulumi", time: "2026-01-01T00:00:01Z" },
      { manager: "atom-release", time: "2026-01-01T00:00:03Z" },
      { manager: "kube-controller-manager", time: "2026-01-01T00:00:04Z", subresource: "status" },
    ];
    const metadata = { ...name, name: "atom-blue", managedFields };
    cluster.put(deployments, { metadata, spec: { replicas: 3, template: { spec: { containers: [] } } } });
    assert.deepEqual(await stateOf(cluster, "Deployment atom-blue"), {
      content: { spec: { containers: [] } },
      moved: undefined,
      by: "kubectl-set",
    });
  });
});

describe("a difference in words", () => {
  const template = (env: readonly object[], image = "a") => ({ spec: { containers: [{ name: "atom", image, env }] } });

  it("names what changed by the names of list elements, with no value but an image's", () => {
    const before = template([{ name: "TOKEN", value: "s3cret" }]);
    assert.equal(
      describeDifference(
        before,
        template([
          { name: "TOKEN", value: "other" },
          { name: "NEW", value: "x" },
        ]),
      ),
      "spec.containers.atom.env.TOKEN.value, spec.containers.atom.env.NEW (added)",
    );
    assert.equal(
      describeDifference(before, template([], "b")),
      'spec.containers.atom.image ("a" → "b"), spec.containers.atom.env.TOKEN (removed)',
    );
    assert.equal(describeDifference(before, null), "it was deleted");
    assert.equal(describeDifference("a", "b"), "its content");
  });

  it("is bounded, and the order of keys is none", () => {
    const many = (value: number) => Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`k${index}`, value]));
    assert.equal(describeDifference(many(1), many(2)), "k0, k1, k2, k3 and 5 more");
    assert.equal(fingerprintOf({ a: 1, b: { c: 2, d: 3 } }), fingerprintOf({ b: { d: 3, c: 2 }, a: 1 }));
  });
});
