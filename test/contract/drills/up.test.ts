// What `up` says and what the cluster then has, after releases and users have changed it: the real engine, the real API server.
import assert from "node:assert/strict";
import type { PastRelease } from "../../../components/ledger/release-record.ts";
import type { HttpRoute } from "../../../components/routes/http-routes.ts";
import { ClusterClient } from "../../../delivery/cluster/client.ts";
import { Connection } from "../../../delivery/cluster/connection.ts";
import { Fence } from "../../../delivery/cluster/fence.ts";
import type { PodTemplate } from "../../../delivery/cluster/resources.ts";
import { DeploymentSlots } from "../../../delivery/cluster/slots.ts";
import { systemClock } from "../../../delivery/clock/system-clock.ts";
import { readLiveServices } from "../../../infra/cluster/live-services.ts";
import type { StackCommandOptions } from "../../../infra/engine.ts";
import { createProgram } from "../../../infra/program.ts";
import { catalogue } from "../../../stacks/catalogue.ts";
import type { ServiceDefinition } from "../../../stacks/definition.ts";
import { CONTEXT, controlPlane, FIRST_START_MS } from "../../support/control-plane.ts";
import { eventually } from "../../support/eventually.ts";
import { fakeKubelet, fates, type PodFate } from "../../support/fake-kubelet.ts";
import { pastRelease, releaseUnderWay } from "../../components/slots/live.ts";
import { Checkout, installMonitoringKinds, namespace, UP_MS } from "../checkout.ts";

const services = catalogue as unknown as Record<string, ServiceDefinition>;
const { atom } = catalogue;

describe("up, after the cluster has moved on", function () {
  this.timeout(UP_MS);
  let checkout: Checkout;
  let kubelet: AsyncDisposable;
  /** What becomes of pods of an image, by its tag. @default they become ready */
  let fateOf: Record<string, PodFate>;
  /** What becomes of pods of migrations. */
  let migrates: PodFate;

  before(async function () {
    this.timeout(FIRST_START_MS);
    await installMonitoringKinds(await controlPlane());
  });

  beforeEach(async () => {
    checkout = await Checkout.create();
    fateOf = {};
    migrates = fates.succeeded;
    kubelet = fakeKubelet(checkout.plane.kubeconfig, namespace, (pod) => {
      const serves = pod.metadata?.labels?.["app.kubernetes.io/name"] === "atom";
      const tag = pod.spec?.containers[0]?.image?.split(":").at(-1) ?? "";
      return (serves ? (fateOf[tag] ?? fates.ready) : migrates)(pod);
    });
    await checkout.run("up");
  });

  afterEach(async () => {
    await checkout.run("destroy");
    await kubelet[Symbol.asyncDispose]();
  });

  const scale = (slot: "blue" | "green", replicas: number): Promise<void> =>
    checkout.plane.kubectl.patch(namespace, `deployment/atom-${slot}`, "atom-release", { spec: { replicas } });
  const replicas = async (slot: "blue" | "green"): Promise<number> => (await checkout.slot(slot)).replicas;

  it("gives a version its pods when it is staged again in the slot that held it before", async () => {
    await checkout.setImage("0.2.0");
    await checkout.run("up");
    // It is released: green serves, and the releaser takes blue's pods away. Then the file goes back.
    await checkout.promote("green");
    await scale("blue", 0);
    await checkout.setImage("0.1.0");
    const preview = await checkout.run("preview");
    // Blue gets its pods; of green, which serves now, the number of replicas is noted.
    assert.equal(preview.changes.update, 2);
    const { notes } = await checkout.run("up");
    assert.match(notes.join("\n"), /is staged in blue at 0 %/);
    assert.deepEqual([await replicas("blue"), await replicas("green")], [2, 2]);
    assert.equal((await checkout.run("preview")).changed, false);
  });

  it("gives a version its pods when it is staged again after an abort took them away", async () => {
    await checkout.setImage("0.2.0");
    await checkout.run("up");
    await scale("green", 0);
    await checkout.run("up");
    assert.equal(await replicas("green"), 2);
  });

  it("stages what the file says, and nothing else, in place of a version that the releaser put into the slot", async () => {
    const setEnv = (env: Record<string, string>): Promise<void> =>
      checkout.edit(({ config }) => {
        config["atom:services"].atom.env = env;
      });
    const template = async (): Promise<PodTemplate> =>
      (await checkout.plane.kubectl.get(namespace, "deployment/atom-green")).spec.template as PodTemplate;
    // A version with a variable of its own is kept, and another one follows it in the slot.
    await setEnv({ GREETING: "kept" });
    await checkout.setImage("0.2.0");
    await checkout.run("up");
    const kept = await template();
    await setEnv({});
    await checkout.setImage("0.3.0");
    await checkout.run("up");
    // `atom rollback --to` stages it again, and takes its pods away when it is aborted.
    const connection = Connection.open({ kubeconfig: checkout.plane.kubeconfig, context: CONTEXT });
    try {
      const cluster = new ClusterClient(connection, systemClock);
      const writer = new Fence({ cluster, clock: systemClock, fence: 1, check: () => undefined });
      const slots = new DeploymentSlots({ cluster, writer, namespace, service: "atom", replicas: 2 });
      const { signal } = new AbortController();
      await slots.stage("green", kept, signal);
      assert.deepEqual(await template(), kept);
      await slots.scale("green", 0, signal);
    } finally {
      connection.close();
    }
    // The next version listens elsewhere.
    try {
      services.atom = { ...atom, port: 9000 };
      await checkout.setImage("0.4.0");
      // Nobody writes EndpointSlices here.
      const program: StackCommandOptions["program"] = (ports) => createProgram({ ...ports, routeChecks: null });
      await checkout.run("preview", { program });
      await checkout.run("up", { program });
    } finally {
      services.atom = atom;
    }
    const staged = JSON.stringify((await template()).spec);
    assert.match(staged, /atom:0\.4\.0/);
    assert.doesNotMatch(staged, /GREETING/);
    assert.deepEqual(staged.match(/"containerPort":\d+/g), ['"containerPort":9000']);
  });

  for (const [what, never] of [
    ["crashes at its start", fates.crashing],
    ["has an image that is not there", fates.imageMissing],
    ["fits on no node", fates.unschedulable],
  ] as const)
    it(`ends green, and waits for nothing, when a change that ${what} is reverted`, async () => {
      fateOf["0.2.0"] = never;
      const setReadyDeadline = (deadline: string): Promise<void> =>
        checkout.edit(({ config }) => {
          config["atom:release"].deadlines.ready = deadline;
        });
      await setReadyDeadline("20s");
      await checkout.setImage("0.2.0");
      await assert.rejects(checkout.run("up"), /atom-green/);
      // Waiting for the pods would now take longer than the test may.
      await setReadyDeadline("1h");
      await checkout.setImage("0.1.0");
      const { notes } = await checkout.run("up");
      assert.match(notes.join("\n"), /the pods of [0-9a-f]{12} in green are not ready: they are removed/);
      assert.equal(await replicas("green"), 0);
      assert.equal((await checkout.run("up", { refresh: true })).changed, false);
    });

  it("stages another version after one that never became ready", async () => {
    fateOf["0.2.0"] = fates.imageMissing;
    await checkout.setImage("0.2.0");
    await assert.rejects(checkout.run("up"), /atom-green/);
    await checkout.setImage("0.3.0");
    await checkout.run("up");
    const { image, replicas: count } = await checkout.slot("green");
    assert.deepEqual([image, count], ["atom.local/atom:0.3.0", 2]);
  });

  const setReplicas = (count: number): Promise<void> =>
    checkout.edit(({ config }) => {
      config["atom:services"].atom.replicas = count;
    });

  it("brings replicas that changed in the file to the slot that serves, and keeps the pods that it has", async () => {
    const before = await checkout.pods("blue");
    await setReplicas(4);
    assert.match((await checkout.run("preview")).notes.join("\n"), /blue, which serves, gets 4 replicas in place of 2/);
    await checkout.run("up");
    const after = await checkout.pods("blue");
    assert.equal(after.length, 4);
    assert.deepEqual(
      before.filter((pod) => !after.includes(pod)),
      [],
    );
    assert.equal((await checkout.run("up")).changed, false);
  });

  it("keeps the replicas of the slot that serves during a release, and brings the file's afterwards", async () => {
    await checkout.ledger({ current: releaseUnderWay });
    await setReplicas(3);
    const { notes } = await checkout.run("up");
    assert.match(notes.join("\n"), /blue keeps its 2 replicas until then; the stack's file says 3/);
    assert.equal(await replicas("blue"), 2);
    await checkout.ledger({ current: null });
    await checkout.run("up");
    assert.equal(await replicas("blue"), 3);
  });

  const setTimeoutTo = (timeout: string): Promise<void> =>
    checkout.edit(({ config }) => {
      config["atom:services"].atom.routes.timeout = timeout;
    });
  const patchRoutes = async (manager: string, change: (route: HttpRoute) => HttpRoute): Promise<void> => {
    const http = (await checkout.routes()).map(change);
    await checkout.plane.kubectl.patch(namespace, "virtualservice/atom", manager, { spec: { http } });
  };

  it("brings a timeout that changed in the file to the routes, and leaves weights and what others added to them", async () => {
    const corsPolicy = { allowOrigins: [{ exact: "https://shop.example" }] };
    await patchRoutes("kubectl-edit", (route) => (route.name === "primary" ? { ...route, corsPolicy } : route));
    assert.equal((await checkout.run("up", { refresh: true })).changed, false);
    const before = await checkout.routes();
    await setTimeoutTo("40s");
    assert.match((await checkout.run("preview")).notes.join("\n"), /get routes\.timeout "40s" in place of "15s"/);
    await checkout.run("up");
    assert.deepEqual(
      await checkout.routes(),
      before.map((route) => ({ ...route, timeout: "40s" })),
    );
    assert.equal((await checkout.run("up", { refresh: true })).changed, false);
  });

  it("takes a timeout back that was changed by hand, while nothing in the file has changed", async () => {
    const before = await checkout.routes();
    assert.deepEqual(
      before.map(({ timeout }) => timeout),
      ["15s"],
    );
    await patchRoutes("kubectl-edit", (route) => ({ ...route, timeout: "1s" }));
    await checkout.run("up");
    assert.deepEqual(await checkout.routes(), before);
  });

  it("writes no routes whose weights a release has moved since the run began", async () => {
    await setTimeoutTo("40s");
    const program: StackCommandOptions["program"] = (ports) =>
      createProgram({
        ...ports,
        readLiveServices: async (query) => {
          const live = await readLiveServices(query);
          await patchRoutes("atom-release", ({ route = [], ...rest }) => ({
            ...rest,
            route: route.map((to, index) => (route.length === 1 ? to : { ...to, weight: index === 0 ? 90 : 10 })),
          }));
          return live;
        },
      });
    await assert.rejects(checkout.run("up", { program }), /atom-local\/atom has changed since this run began/);
    assert.deepEqual(await checkout.weights(), [90, 10]);
  });

  it("puts no version into a slot that a rollback has led users to while the migration ran", async () => {
    await checkout.setImage("0.2.0");
    await checkout.run("up");
    await checkout.promote("green");
    await checkout.setImage("0.3.0");
    const migration = (): Promise<string> =>
      checkout.plane.kubectl.run(["get", "jobs", "-n", namespace, "-o", "jsonpath={.items[*].metadata.uid}"]);
    const before = await migration();
    let isOver = false;
    migrates = (pod) => (isOver ? fates.succeeded(pod) : undefined);
    const up = assert.rejects(
      checkout.run("up"),
      /atom-local\/atom-blue was not written.*: blue serves now, and no longer green\. Run this again/,
    );
    await eventually(
      "the migration runs",
      async () => ([before, ""].includes(await migration()) ? undefined : true),
      UP_MS / 2,
    );
    await checkout.promote("blue");
    isOver = true;
    await up;
    assert.equal((await checkout.slot("blue")).image, "atom.local/atom:0.1.0");
    // What it said to do: 0.3.0 goes into the slot that nobody is led to.
    await checkout.run("up");
    assert.deepEqual(
      [(await checkout.slot("blue")).image, (await checkout.slot("green")).image],
      ["atom.local/atom:0.1.0", "atom.local/atom:0.3.0"],
    );
  });

  it("makes the slot that serves again where its Deployment was deleted, as it was, with a Service that was deleted, and stages nothing meanwhile", async () => {
    const { digest = "", ...served } = await checkout.slot("blue");
    const { template } = (await checkout.plane.kubectl.get(namespace, "deployment/atom-blue")).spec as {
      template: NonNullable<PastRelease["podTemplate"]>;
    };
    const release = {
      ...pastRelease,
      outcome: "released",
      slot: "blue",
      template: digest,
      podTemplate: template,
    } as const;
    await checkout.ledger({ releases: [release] });
    await checkout.setImage("0.2.0");
    await checkout.plane.kubectl.run(["delete", "-n", namespace, "deployment/atom-blue", "service/atom-green"]);
    const { notes } = await checkout.run("up", { refresh: true });
    assert.match(notes.join("\n"), /blue, which serves, has no Deployment: it is made again as release r-6 left it/);
    assert.match(notes.join("\n"), /the Service atom-green was deleted, and nothing leads users to green without it/);
    assert.ok(await checkout.plane.kubectl.has(namespace, "service/atom-green"));
    assert.deepEqual(await checkout.slot("blue"), { digest, ...served });
    assert.equal(await replicas("green"), 0);
    await checkout.run("up");
    assert.deepEqual(await checkout.slot("blue"), { digest, ...served });
    assert.equal((await checkout.slot("green")).image, "atom.local/atom:0.2.0");
  });

  it("keeps replicas that were set by hand while the file says what it said, and names them", async () => {
    await checkout.plane.kubectl.run(["scale", "-n", namespace, "deployment/atom-blue", "--replicas=5"]);
    const { notes, changed } = await checkout.run("up", { refresh: true });
    assert.match(notes.join("\n"), /blue serves with 5 replicas, and not with the 2 of the stack's file/);
    assert.deepEqual([changed, await replicas("blue")], [false, 5]);
    await setReplicas(3);
    await checkout.run("up");
    assert.equal(await replicas("blue"), 3);
  });
});
