import assert from "node:assert/strict";
import type { ClusterApi } from "../../../delivery/cluster/api.ts";
import { deployments, services, type Deployment } from "../../../delivery/cluster/resources.ts";
import type { ServedReading } from "../../../delivery/guard/served.ts";
import { PodsNotReadyError, type Split } from "../../../delivery/release/ports.ts";
import { ReplicaRouter } from "../../../delivery/router/replicas.ts";
import { SkippingClock } from "../support/clocks.ts";
import { FakeCluster } from "./fake-cluster.ts";

const never = new AbortController().signal;
const name = "app.kubernetes.io/name";
const slot = "atom.dev/slot";

function split(percent: number): Split {
  return { active: "blue", candidate: "green", percent };
}

function deployment(of: string, replicas: number, ready = replicas, generation = 1): Deployment {
  return {
    metadata: { name: `atom-${of}`, generation },
    spec: { replicas },
    status: { observedGeneration: generation, replicas: ready, readyReplicas: ready },
  };
}

interface World {
  readonly cluster: FakeCluster;
  readonly clock: SkippingClock;
  readonly router: ReplicaRouter;
}

/** A service of three pods in each slot, all of its traffic on blue. */
function world(
  readings: readonly ServedReading[] = [],
  selector: Record<string, string> = { [name]: "atom", [slot]: "blue" },
): World {
  const cluster = new FakeCluster();
  cluster.put(services, { metadata: { name: "atom" }, spec: { selector } } as never);
  cluster.put(deployments, deployment("blue", 3));
  cluster.put(deployments, deployment("green", 3));
  const clock = new SkippingClock();
  const router = new ReplicaRouter({
    writer: cluster,
    cluster: cluster as unknown as ClusterApi,
    clock,
    namespace: "atom-staging",
    service: "atom",
    replicas: 3,
    served: { servedSince: () => Promise.resolve(readings) },
  });
  return { cluster, clock, router };
}

/** Has the candidate's pods follow its Deployment after so many looks' time. */
function follow({ cluster, clock }: World, afterMs: number): void {
  const sleep = clock.sleep.bind(clock);
  let wanted = 3;
  cluster.onWrite = ({ kind, patch }) => {
    if (kind !== "Deployment") return;
    wanted = (patch.spec as { replicas: number }).replicas;
    cluster.put(deployments, { ...deployment("green", wanted, 3, 2), metadata: { name: "atom-green", generation: 2 } });
  };
  clock.sleep = async (ms, signal) => {
    await sleep(ms, signal);
    if (clock.monotonic() >= afterMs) cluster.put(deployments, deployment("green", wanted, wanted, 2));
  };
}

const readings: readonly ServedReading[] = [
  { at: 0, candidate: 0, active: 0 },
  { at: 1_000, candidate: 20, active: 80 },
];

describe("the replica router", () => {
  it("scales the candidate, waits for its pods, and only then selects both slots", async () => {
    const the = world();
    follow(the, 1_000);
    await the.router.shift(split(10), never);
    assert.deepEqual(the.cluster.written, [
      { kind: "Deployment", name: "atom-green", patch: { spec: { replicas: 1 } } },
      { kind: "Service", name: "atom", patch: { spec: { selector: { [slot]: null, [name]: "atom" } } } },
    ]);
    const service = await the.cluster.get(services, { namespace: "", name: "atom" });
    assert.deepEqual(service.spec?.selector, { [name]: "atom" });
    assert.equal(the.clock.monotonic(), 1_000);
  });

  it("counts shares by the pods that serve now, where somebody scaled the slot since", async () => {
    const the = world([], { [name]: "atom" });
    the.cluster.put(deployments, deployment("blue", 8));
    the.cluster.put(deployments, deployment("green", 8));
    await the.router.shift(split(100), never);
    assert.deepEqual(
      the.cluster.written.map(({ kind }) => kind),
      ["Service"],
      "it is not scaled to the plan's three",
    );
  });

  it("moves traffic on a rollback with the pods that are there", async () => {
    const the = world([], { [name]: "atom", [slot]: "green" });
    the.cluster.put(deployments, deployment("blue", 3, 1));
    await the.router.shift({ ...split(67), podsAsTheyAre: true }, never);
    assert.deepEqual(
      the.cluster.written.map(({ kind }) => kind),
      ["Service"],
    );
    assert.equal(await the.router.weight(split(0), never), 75);
    const only = world([], { [name]: "atom", [slot]: "green" });
    assert.equal(await only.router.weight(split(0), never), 100);
    assert.equal(await only.router.weight({ active: "green", candidate: "blue", percent: 0 }, never), 0);
  });

  it("selects the candidate alone at 100 %, when it has all of its pods", async () => {
    const the = world([], { [name]: "atom" });
    await the.router.shift(split(100), never);
    assert.deepEqual(the.cluster.written, [
      { kind: "Service", name: "atom", patch: { spec: { selector: { [name]: "atom", [slot]: "green" } } } },
    ]);
  });

  it("goes back by one patch of the selector, which waits for nothing", async () => {
    for (const selector of [{ [name]: "atom" }, { [name]: "atom", [slot]: "green" }, { mine: "other" }]) {
      const the = world([], selector);
      the.cluster.put(deployments, deployment("green", 3, 0));
      await the.router.shift(split(0), never);
      assert.equal(the.cluster.written.length, 1);
      const service = await the.cluster.get(services, { namespace: "", name: "atom" });
      assert.deepEqual(service.spec?.selector, { [name]: "atom", [slot]: "blue" });
      assert.deepEqual(the.clock.sleeps, []);
    }
  });

  it("writes nothing that is there already", async () => {
    const the = world([], { [name]: "atom" });
    the.cluster.put(deployments, deployment("green", 1));
    await the.router.shift(split(10), never);
    assert.deepEqual(the.cluster.written, []);
  });

  it("moves no traffic onto pods that do not come", async () => {
    const the = world();
    the.cluster.put(deployments, deployment("green", 1, 0));
    await assert.rejects(the.router.shift(split(10), never), (error) => {
      assert.ok(error instanceof PodsNotReadyError);
      assert.match(error.message, /^atom-green has 0 ready pods after 120 s where 1 are due for 10 % of the traffic$/);
      return true;
    });
    assert.deepEqual(the.cluster.written, []);
  });

  it("stops waiting at the signal", async () => {
    const the = world();
    the.cluster.put(deployments, deployment("green", 1, 0));
    const reason = new Error("over");
    const abort = new AbortController();
    const sleep = the.clock.sleep.bind(the.clock);
    the.clock.sleep = (ms, signal) => {
      abort.abort(reason);
      return sleep(ms, signal);
    };
    await assert.rejects(the.router.shift(split(10), abort.signal), reason);
  });

  it("confirms a share between by ready pods and requests at both slots, and says what share it is", async () => {
    const the = world(readings, { [name]: "atom" });
    the.cluster.put(deployments, deployment("green", 1));
    assert.deepEqual(await the.router.confirm(split(10), 0, never), {
      status: "confirmed",
      detail: "1 of 4 pods are the candidate's (25 % for 10 %), which took 20 of 100 requests",
    });
  });

  it("does not confirm another selector, missing pods, or silence", async () => {
    const selected = world(readings);
    assert.match((await selected.router.confirm(split(10), 0, never)).detail, /does not select as it should/);
    const missing = world(readings, { [name]: "atom" });
    assert.deepEqual(await missing.router.confirm(split(10), 0, never), {
      status: "pending",
      detail: "the candidate has 3 ready pods where 1 are due",
    });
    const quiet = world([], { [name]: "atom" });
    quiet.cluster.put(deployments, deployment("green", 1));
    assert.equal((await quiet.router.confirm(split(10), 0, never)).status, "pending");
  });

  it("confirms all or nothing by what the pods served", async () => {
    const back = world([
      { at: 0, candidate: 40, active: 100 },
      { at: 1_000, candidate: 40, active: 200 },
    ]);
    assert.equal((await back.router.confirm(split(0), 0, never)).status, "confirmed");
  });

  it("takes requests over old connections for no contradiction, but a selector of somebody else's for one", async () => {
    const kept = world(
      Array.from({ length: 30 }, (_, index) => ({ at: 250 * index, candidate: 5 * index, active: 50 * index })),
    );
    const { status, detail } = await kept.router.confirm(split(0), 0, never);
    assert.equal(status, "pending");
    assert.match(detail, /^the candidate took 9\.1 % of \d+ requests where 0 % are due; connections made before stay/);
    const changed = world(readings, { mine: "other" });
    assert.equal((await changed.router.confirm(split(0), 0, never)).status, "contradicted");
  });
});
