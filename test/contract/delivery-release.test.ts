import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { formatLedger, initialLedger } from "../../components/ledger/ledger.ts";
import { ClusterClient } from "../../delivery/cluster/client.ts";
import { Connection } from "../../delivery/cluster/connection.ts";
import { configMaps, deployments, virtualServices } from "../../delivery/cluster/resources.ts";
import { systemClock as clock } from "../../delivery/clock/system-clock.ts";
import { LedgerStore } from "../../delivery/ledger/store.ts";
import type { GuardSnapshot } from "../../delivery/release/ports.ts";
import { runRelease, takeBack } from "../../delivery/release/releaser.ts";
import type { Adapters, SessionOptions, SessionTools } from "../../delivery/release/session.ts";
import { releasePlan } from "../delivery/support/plans.ts";
import { guardSnapshot, slotSnapshot } from "../delivery/support/snapshots.ts";
import { CONTEXT, controlPlane, FIRST_START_MS, type ControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { fakeKubelet, fates } from "../support/fake-kubelet.ts";

const { signal } = new AbortController();

/** Whole releases with a real API server and its Deployment controller; only requests and their counters are made up. */
describe("a release on a real API server", function () {
  this.timeout(60_000);

  let plane: ControlPlane;
  let connection: Connection;
  let cluster: ClusterClient;
  let namespace: string;
  let store: LedgerStore;
  let kubelet: AsyncDisposable;
  let failing: boolean;
  let imageMissing: boolean;

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
    namespace = `release-${randomBytes(4).toString("hex")}`;
    failing = false;
    imageMissing = false;
    store = new LedgerStore({ cluster, clock, namespace, service: "atom" });
    await plane.kubectl.run(["create", "namespace", namespace]);
    const metadata = { namespace, name: "atom-ledger" };
    await cluster.create(configMaps, { metadata, data: { "ledger.json": formatLedger(initialLedger("atom")) } });
    await cluster.create(virtualServices, {
      metadata: { namespace, name: "atom" },
      spec: { hosts: ["atom"], http: weights(0) },
    });
    kubelet = fakeKubelet(plane.kubeconfig, namespace, (pod) =>
      imageMissing && pod.metadata?.labels?.["atom.dev/slot"] === "green" ? fates.imageMissing(pod) : fates.ready(pod),
    );
    await stage("blue", "aaaaaaaaaaaa");
  });

  afterEach(async () => {
    await kubelet[Symbol.asyncDispose]();
    await plane.kubectl.run(["delete", "namespace", namespace, "--wait=false"]);
  });

  function weights(percent: number): unknown[] {
    const to = (subset: string, weight: number): object => ({ destination: { host: "atom", subset }, weight });
    return [{ route: [to("blue", 100 - percent), to("green", percent)] }];
  }

  async function stage(slot: string, digest: string): Promise<void> {
    const labels = { "app.kubernetes.io/name": "atom", "atom.dev/slot": slot };
    const template = {
      metadata: { labels: { ...labels, "atom.dev/template": digest } },
      spec: { containers: [{ name: "atom", image: `registry.test/atom:${digest}` }] },
    };
    const spec = { replicas: 2, selector: { matchLabels: labels }, template };
    await cluster.create(deployments, { metadata: { namespace, name: `atom-${slot}` }, spec });
  }

  async function* watch(stop: AbortSignal): AsyncIterable<GuardSnapshot> {
    for (let requests = 10; !stop.aborted; requests += 10) {
      const bad = failing && requests > 10;
      yield guardSnapshot({
        at: clock.now(),
        candidate: slotSnapshot({ requests, errors: bad ? requests - 10 : 0 }),
        active: slotSnapshot({ requests: 9 * requests }),
      });
      await clock.sleep(50, stop).catch(() => undefined);
    }
  }

  function adapters({ writer }: SessionTools): Adapters {
    return {
      router: {
        shift: async ({ percent }, stop) => {
          const http = weights(percent);
          await writer.write(virtualServices, { namespace, name: "atom" }, () => ({ spec: { http } }), {
            signal: stop,
          });
        },
        confirm: () => Promise.resolve({ status: "confirmed", detail: "" }),
      },
      guard: { watch: (_, stop) => watch(stop) },
      gate: null,
      smoke: { run: () => Promise.resolve({ passed: true, duration: 0, steps: [] }) },
      synthetic: null,
      notifier: { notify: () => undefined, trouble: () => undefined },
    };
  }

  function session(holder: string, wait = 600): SessionOptions {
    const steps = [
      { percent: 10, wait },
      { percent: 100, wait },
    ];
    const gate = { minRequests: 10, every: 200 };
    const deadlines = { ready: 20_000 };
    const plan = releasePlan({ namespace, steps, soak: 500, gate, deadlines });
    return { cluster, clock, store, plan, holder, adapters };
  }

  const signals = { abort: new AbortController().signal, leave: new AbortController().signal };

  async function route(): Promise<unknown> {
    return (await cluster.get(virtualServices, { namespace, name: "atom" })).spec?.http;
  }

  async function replicas(slot: string): Promise<number | undefined> {
    return (await cluster.get(deployments, { namespace, name: `atom-${slot}` })).spec?.replicas;
  }

  it("moves all traffic to a good candidate and takes the old slot's pods away", async () => {
    await stage("green", "bbbbbbbbbbbb");
    const { state } = await runRelease(session("anna"), { by: "anna" }, signals);
    assert.equal(state.phase, "released", JSON.stringify(state));
    assert.deepEqual(await route(), weights(100));
    assert.deepEqual([await replicas("green"), await replicas("blue")], [2, 0]);
    const { active, current, releases } = await store.read(signal);
    assert.deepEqual([active, current, releases.map(({ id }) => id)], ["green", null, ["r1", "r0"]]);
    const image = releases[1]?.podTemplate as { spec?: { containers?: { image?: string }[] } } | undefined;
    assert.equal(image?.spec?.containers?.[0]?.image, "registry.test/atom:aaaaaaaaaaaa");
  });

  it("takes a bad candidate back within half a second of the verdict, and its pods away", async () => {
    await stage("green", "bbbbbbbbbbbb");
    const ended = runRelease(session("anna"), { by: "anna" }, signals);
    await eventually("there is traffic on the candidate", async () =>
      (await store.read(signal)).current?.state.phase === "measuring" ? true : undefined,
    );
    failing = true;
    await eventually("the traffic is back", async () =>
      JSON.stringify(await route()) === JSON.stringify(weights(0)) ? true : undefined,
    );
    const { state } = await ended;
    assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", "high_error_rate"]);
    const ledger = await store.read(signal);
    const at = (event: string): number =>
      Date.parse(ledger.releases[0]?.journal.find((line) => line.event === event)?.at ?? "");
    // From the verdict to the API server's answer to the patch, on whatever machine this is.
    assert.ok(at("returned") - at("failed") < 500, `${at("returned") - at("failed")} ms`);
    assert.equal(await replicas("green"), 0);
    assert.equal(ledger.quarantine[0]?.template, "bbbbbbbbbbbb");
  });

  it("gives no traffic to a candidate whose image is missing, and says so", async () => {
    imageMissing = true;
    await stage("green", "bbbbbbbbbbbb");
    const { state } = await runRelease(session("anna"), { by: "anna" }, signals);
    assert.equal(state.cause?.reason, "not_ready");
    assert.match(state.cause.detail, /^atom-green-.*: ErrImageNeverPull: image "atom:none" is not present$/);
    assert.deepEqual(await route(), weights(0));
    assert.equal(await replicas("green"), 0);
  });

  it("is taken back from under its releaser by somebody else at once", async () => {
    await stage("green", "bbbbbbbbbbbb");
    const ended = runRelease(session("anna", 30_000), { by: "anna" }, signals);
    const lost = assert.rejects(ended, { name: "LeaseLostError", how: "taken" });
    await eventually("there is traffic on the candidate", async () =>
      (await store.read(signal)).current?.state.phase === "measuring" ? true : undefined,
    );
    await assert.rejects(runRelease(session("ben"), { by: "ben" }, signals), { refusal: "locked" });
    const { state } = await takeBack(session("carl"), "carl at the console", signals);
    assert.deepEqual([state.phase, state.cause?.detail], ["aborted", "carl at the console"]);
    await lost;
    assert.deepEqual(await route(), weights(0));
  });
});
