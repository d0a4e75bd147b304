import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { formatLedger, initialLedger } from "../../components/ledger/ledger.ts";
import { ClusterClient } from "../../delivery/cluster/client.ts";
import { Connection } from "../../delivery/cluster/connection.ts";
import { ConflictError, InvalidError, LeaseLostError } from "../../delivery/cluster/errors.ts";
import { Fence, fenceAnnotation } from "../../delivery/cluster/fence.ts";
import { acquireLease, type LeaseOptions } from "../../delivery/cluster/lease.ts";
import { configMaps, deployments, leases, virtualServices } from "../../delivery/cluster/resources.ts";
import { DeploymentSlots } from "../../delivery/cluster/slots.ts";
import { systemClock as clock } from "../../delivery/clock/system-clock.ts";
import { LedgerStore } from "../../delivery/ledger/store.ts";
import { CONTEXT, controlPlane, FIRST_START_MS, type ControlPlane } from "../support/control-plane.ts";

const { signal } = new AbortController();

/** What delivery relies on, against a real API server: versions, preconditions, field managers, schemas. */
describe("delivery on a real API server", function () {
  this.timeout(120_000);

  let plane: ControlPlane;
  let connection: Connection;
  let cluster: ClusterClient;
  let namespace: string;

  before(async function () {
    this.timeout(FIRST_START_MS);
    plane = await controlPlane();
    connection = Connection.open({ kubeconfig: plane.kubeconfig, context: CONTEXT });
    cluster = new ClusterClient(connection, clock);
  });

  after(() => {
    connection.close();
  });

  beforeEach(async () => {
    namespace = `delivery-${randomBytes(4).toString("hex")}`;
    await plane.kubectl.run(["create", "namespace", namespace]);
  });

  afterEach(async () => {
    await plane.kubectl.run(["delete", "namespace", namespace, "--wait=false"]);
  });

  function leaseOf(holder: string, more: Partial<LeaseOptions> = {}): LeaseOptions {
    return { cluster, clock, lease: { namespace, name: "atom-release" }, holder, ...more };
  }

  it("refuses a patch that was built from an older version of an object, and makes no second object of a name", async () => {
    const name = { namespace, name: "atom" };
    const first = await cluster.create(configMaps, { metadata: name, data: { a: "1" } });
    const body = { metadata: { resourceVersion: first.metadata.resourceVersion }, data: { a: "2" } };
    const second = await cluster.patch(configMaps, name, { type: "merge", body });
    assert.equal(second.data?.a, "2");
    await assert.rejects(cluster.patch(configMaps, name, { type: "merge", body }), ConflictError);
    await assert.rejects(cluster.create(configMaps, { metadata: name }), ConflictError);
    await assert.rejects(cluster.patch(configMaps, name, { type: "merge", body: { data: 5 } }), InvalidError);
    await cluster.delete(configMaps, name, { uid: second.metadata.uid ?? "" });
    await assert.rejects(cluster.get(configMaps, name), { name: "NotFoundError" });
  });

  it("keeps a ledger that many write to at once without losing one of their changes", async () => {
    const data = { "ledger.json": formatLedger(initialLedger("atom")) };
    await cluster.create(configMaps, { metadata: { namespace, name: "atom-ledger" }, data });
    const stores = Array.from({ length: 8 }, () => new LedgerStore({ cluster, clock, namespace, service: "atom" }));
    await Promise.all(
      stores.map(async (store) => {
        for (let round = 0; round < 3; round += 1)
          await store.update((ledger) => ({ ...ledger, sequence: ledger.sequence + 1 }), { signal, timeout: 20_000 });
      }),
    );
    const [store] = stores;
    assert.equal((await store?.read(signal))?.sequence, 24);
    assert.equal(await store?.takeFence(signal), 1);
    const late = stores[1]?.update((ledger) => ledger, { signal, fence: 0 });
    await assert.rejects(late ?? Promise.resolve(), LeaseLostError);
  });

  it("gives a lease to one of many, to the next when it is given back, and to a third when it expires", async () => {
    const many = await Promise.allSettled(
      ["a", "b", "c", "d"].map((holder) =>
        acquireLease(leaseOf(holder, { renewEvery: 300 }), { signal, refuse: true }),
      ),
    );
    const [first, ...others] = many.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    assert.deepEqual([others.length, first?.lost.aborted], [0, false]);
    await first?.release();
    const second = await acquireLease(leaseOf("e", { duration: 2_000, renewEvery: 500, renewDeadline: 1_500 }), {
      signal,
    });
    const { spec } = await cluster.get(leases, { namespace, name: "atom-release" });
    assert.deepEqual([spec?.holderIdentity, spec?.leaseDurationSeconds, spec?.leaseTransitions], ["e", 2, 2]);
    await second.release();
    const dead = { holderIdentity: "dead", leaseDurationSeconds: 2, renewTime: "2020-01-01T00:00:00.000000Z" };
    await cluster.patch(leases, { namespace, name: "atom-release" }, { type: "merge", body: { spec: dead } });
    const start = clock.monotonic();
    const third = await acquireLease(leaseOf("f"), { signal });
    assert.ok(clock.monotonic() - start >= 2_000);
    third.check();
    await third.release();
  });

  it("stops a releaser that another one has shut out, whatever it believes", async () => {
    const name = { namespace, name: "atom" };
    const http = (weight: number): unknown[] => [{ route: [{ destination: { host: "atom" }, weight }] }];
    await cluster.create(virtualServices, { metadata: name, spec: { hosts: ["atom"], http: http(100) } });
    const fence = (number: number): Fence => new Fence({ cluster, clock, fence: number, check: () => undefined });
    const [early, late] = [fence(1), fence(2)];
    await early.write(virtualServices, name, () => ({ spec: { http: http(90) } }));
    await late.stamp(virtualServices, name);
    await assert.rejects(
      early.write(virtualServices, name, () => ({ spec: { http: http(50) } })),
      LeaseLostError,
    );
    const live = await late.write(virtualServices, name, () => ({ spec: { http: http(10) } }));
    assert.deepEqual(live.spec?.http, http(10));
    assert.equal(live.metadata.annotations?.[fenceAnnotation], "2");
    const managers = await plane.kubectl.run([
      ...["get", "virtualservice", "atom", "--namespace", namespace, "--show-managed-fields"],
      ...["--output", "jsonpath={.metadata.managedFields[*].manager}"],
    ]);
    assert.deepEqual([...new Set(managers.trim().split(" "))], ["atom-release"]);
  });

  it("scales and stages a Deployment whose every other field it leaves alone", async () => {
    const labels = { "app.kubernetes.io/name": "atom", "atom.dev/slot": "green" };
    const template = (image: string, more: Record<string, string> = {}): object => ({
      metadata: { labels: { ...labels, "atom.dev/template": "bbbbbbbbbbbb" }, annotations: more },
      spec: { containers: [{ name: "atom", image, env: [{ name: "A", value: "1" }] }] },
    });
    const manifest = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "atom-green", namespace },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        minReadySeconds: 7,
        template: template("a:2", { old: "1" }),
      },
    };
    const file = path.join(plane.folder, `${namespace}.json`);
    writeFileSync(file, JSON.stringify(manifest));
    await plane.kubectl.run(["apply", "--server-side", "--filename", file]);
    const writer = new Fence({ cluster, clock, fence: 1, check: () => undefined });
    const slots = new DeploymentSlots({ cluster, writer, namespace, service: "atom", replicas: 2 });
    assert.equal((await slots.look("green", signal)).staged?.image, "a:2");
    const kept = (await slots.lookInto("green", signal)).template;
    await slots.stage("green", template("a:3", { new: "1" }), signal);
    const { spec } = await cluster.get(deployments, { namespace, name: "atom-green" });
    assert.deepEqual(spec?.template?.metadata?.annotations, { new: "1" });
    assert.equal(spec.template.spec?.containers?.[0]?.image, "a:3");
    assert.equal((spec as { minReadySeconds?: number }).minReadySeconds, 7);
    await slots.stage("green", kept ?? {}, signal);
    assert.deepEqual((await slots.lookInto("green", signal)).template, kept);
    await slots.scale("green", 0, signal);
    assert.equal((await slots.look("green", signal)).desiredReplicas, 0);
  });

  it("reads through the proxy of a pod that is not there, and says so", async () => {
    const pod = { namespace, name: "none", port: 8000 };
    await assert.rejects(cluster.readPod(pod, "/metrics"), { name: "NotFoundError" });
  });
});
