import assert from "node:assert/strict";
import { UnreachableError } from "../../../delivery/cluster/errors.ts";
import { acquireLease, type AcquireOptions, type HeldLease } from "../../../delivery/cluster/lease.ts";
import { leases, type Lease } from "../../../delivery/cluster/resources.ts";
import type { Clock } from "../../../delivery/release/ports.ts";
import { MemoryCluster } from "../support/memory-cluster.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const lease = { namespace: "atom-staging", name: "atom-release" };
const { signal } = new AbortController();

describe("the release lease", () => {
  let clock: VirtualClock;
  let cluster: MemoryCluster;
  let held: HeldLease[];

  beforeEach(() => {
    clock = new VirtualClock();
    cluster = new MemoryCluster();
    held = [];
  });

  afterEach(async () => {
    for (const each of held) await clock.settle(each.release());
  });

  async function take(holder: string, how: Partial<AcquireOptions> = {}): Promise<HeldLease> {
    const taking = acquireLease({ cluster: cluster.client(holder), clock, lease, holder }, { signal, ...how });
    const taken = await clock.settle(taking, 120_000);
    held.push(taken);
    return taken;
  }

  function live(): NonNullable<Lease["spec"]> {
    return cluster.peek(leases, lease).spec ?? {};
  }

  it("is made when it is taken for the first time", async () => {
    const first = await take("anna");
    assert.equal(first.deadFor, 0);
    assert.deepEqual(live(), {
      holderIdentity: "anna",
      leaseDurationSeconds: 15,
      acquireTime: "2026-01-01T00:00:00.000000Z",
      renewTime: "2026-01-01T00:00:00.000000Z",
      leaseTransitions: 1,
    });
  });

  it("stays with its holder while that one renews it, and whoever waits is told for whom", async () => {
    const first = await take("anna");
    const told: string[] = [];
    const stop = new AbortController();
    const waiting = acquireLease(
      { cluster: cluster.client(), clock, lease, holder: "ben" },
      { signal: stop.signal, onWait: (holder) => told.push(holder) },
    );
    await clock.pass(120_000);
    first.check();
    assert.deepEqual(told, ["anna"]);
    stop.abort(new Error("enough"));
    await assert.rejects(waiting, { message: "enough" });
  });

  it("is refused when a living holder is seen to renew it", async () => {
    await take("anna");
    await assert.rejects(take("ben", { refuse: true }), { name: "LeaseHeldError", holder: "anna" });
    assert.ok(clock.monotonic() <= 6_000);
  });

  it("is free at once when it was given back", async () => {
    const first = await take("anna");
    await clock.pass(7_000);
    await clock.settle(first.release());
    const before = clock.monotonic();
    const second = await take("ben");
    assert.equal(clock.monotonic(), before);
    assert.equal(second.deadFor, 0);
    assert.equal(live().leaseTransitions, 2);
  });

  it("of a dead holder is free after its duration was watched here, whatever that one's clock said", async () => {
    for (const renewTime of ["1999-01-01T00:00:00.000000Z", "2199-01-01T00:00:00.000000Z"]) {
      const spec = { holderIdentity: "dead", leaseDurationSeconds: 15, renewTime, leaseTransitions: 4 };
      cluster.put(leases, { metadata: lease, spec });
      const before = clock.monotonic();
      const taken = await take("ben", { refuse: true });
      assert.ok(clock.monotonic() - before >= 15_000 && clock.monotonic() - before < 16_000);
      assert.equal(live().leaseTransitions, 5);
      await clock.settle(taken.release());
    }
  });

  it("tells for how long nobody held it", async () => {
    const renewTime = new Date(clock.now() - 40_000).toISOString();
    cluster.put(leases, { metadata: lease, spec: { holderIdentity: "dead", leaseDurationSeconds: 15, renewTime } });
    assert.equal((await take("ben")).deadFor, 55_000);
  });

  it("can be taken by force, and then its holder knows with its next renewal", async () => {
    const first = await take("anna");
    const second = await take("ben", { force: () => Promise.resolve() });
    assert.equal(clock.monotonic(), 0);
    await clock.pass(6_000);
    assert.ok(first.lost.aborted);
    assert.throws(
      () => {
        first.check();
      },
      { name: "LeaseLostError", how: "taken", message: /ben holds it now/ },
    );
    second.check();
  });

  it("goes to one of two who take it at the same moment", async () => {
    const both = ["anna", "ben"].map((holder) =>
      acquireLease({ cluster: cluster.client(holder), clock, lease, holder }, { signal, refuse: true }),
    );
    const results = await clock.settle(Promise.allSettled(both));
    held.push(...results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])));
    assert.deepEqual(results.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
  });

  it("is taken for lost by its holder before anybody else may take it, when it cannot be renewed", async () => {
    const first = await take("anna");
    const away = { is: true };
    cluster.before = ({ verb, by }) => {
      if (away.is && by === "anna") throw new UnreachableError({ verb, target: "lease" }, "refused");
    };
    await clock.pass(9_000);
    first.check();
    await clock.pass(4_000);
    assert.throws(
      () => {
        first.check();
      },
      { name: "LeaseLostError", how: "expired" },
    );
    away.is = false;
    const again = await take("anna");
    again.check();
  });

  it("survives renewals whose answers get lost", async () => {
    const first = await take("anna");
    let lose = true;
    cluster.after = ({ verb }) => {
      if (verb !== "patch") return;
      lose = !lose;
      if (!lose) throw new UnreachableError({ verb, target: "lease" }, "the answer got lost");
    };
    await clock.pass(60_000);
    first.check();
  });

  it("is not trusted by a process that was stopped for longer than it lasts, before any timer runs", async () => {
    const stopped = { for: 0 };
    const skewed: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic() + stopped.for,
      sleep: (ms, stop) => clock.sleep(ms, stop),
    };
    const taken = await clock.settle(
      acquireLease({ cluster: cluster.client(), clock: skewed, lease, holder: "anna" }, { signal }),
    );
    held.push(taken);
    stopped.for = 20_000;
    assert.throws(
      () => {
        taken.check();
      },
      { name: "LeaseLostError", how: "expired" },
    );
  });
});
