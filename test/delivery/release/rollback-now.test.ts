import assert from "node:assert/strict";
import fc from "fast-check";
import { formatLedger } from "../../../components/ledger/ledger.ts";
import { ledgerKey, ledgerName } from "../../../components/names/names.ts";
import { ForbiddenError } from "../../../delivery/cluster/errors.ts";
import { configMaps } from "../../../delivery/cluster/resources.ts";
import { statusOf } from "../../../delivery/report/status.ts";
import { servingAfterRollback } from "../../../delivery/report/serving.ts";
import { releasePlan } from "../support/plans.ts";
import { templates, World } from "./world.ts";

/** Green serves, and blue, which served before, is kept without pods. */
async function released(): Promise<World> {
  const world = new World(releasePlan({ steps: [{ percent: 100, wait: 0 }], soak: 5_000, gate: { every: 2_000 } }));
  const { state } = await world.clock.settle(world.releaser().release());
  assert.equal(state.phase, "released");
  assert.deepEqual([world.replicas("blue"), world.replicas("green")], [0, 2]);
  world.shares.splice(0, world.shares.length - 1);
  return world;
}

/** The weights of the kept version since the rollback began: it has nothing, then everything. */
const inOneStep = [100, 0, 100];

describe("an emergency rollback after the soak", () => {
  it("starts the kept version's pods, then sends it all traffic in one patch, and needs no approval, no Prometheus and nobody to log in", async () => {
    const world = await released();
    world.plan.steps.splice(0, 1, { percent: 10, wait: 3_600_000 }, { pause: "approval", deadline: 86_400_000 });
    world.plan.steps.push({ percent: 100, wait: 3_600_000 });
    world.startMs = 15_000;
    world.smokePasses = { candidate: false, public: false };
    world.prometheus = "down";
    world.errors = { candidate: 0, active: 1 };
    const writes = world.cluster.writes.length;
    const start = world.clock.monotonic();
    const { id, state } = await world.clock.settle(world.releaser().rollBackNow());
    assert.deepEqual([id, state.phase, world.ledger.active], ["r2", "released", "blue"]);
    assert.deepEqual(world.shares, inOneStep);
    const weights = world.cluster.writes
      .slice(writes)
      .filter(({ plural, object }) => plural === "virtualservices" && (object as { spec?: unknown }).spec !== undefined)
      .map(({ object }) => (object as unknown as { spec: { http: [{ percent: number }] } }).spec.http[0].percent);
    assert.deepEqual(new Set(weights), new Set([100, 0]));
    assert.equal(
      weights.filter((percent, index) => weights[index - 1] !== percent && index > 0).length,
      1,
      "one patch moves",
    );
    assert.deepEqual([world.replicas("blue"), world.replicas("green")], [2, 0]);
    const [record] = world.ledger.releases;
    assert.ok(record);
    const shifted = Date.parse(record.journal.find(({ event }) => event === "shifted")?.at ?? "");
    assert.ok(shifted - Date.parse(record.startedAt) < 40_000, "two pods that take 15 s each, and little else");
    assert.ok(world.clock.monotonic() - start < 120_000);
    assert.deepEqual([record.mode, record.emergency, record.rollback], ["hotfix", true, "logins fail"]);
    assert.equal(servingAfterRollback(record), "v-a (blue) serves all traffic; verified: the data plane is confirmed");
    assert.deepEqual(
      world.ledger.withdrawn?.map(({ template }) => template),
      [templates.green],
      "what was broken is not staged again by itself",
    );
  });

  it("gives the kept version as many pods as the autoscaled broken one has, before any traffic moves", async () => {
    const world = await released();
    world.scale("green", 8);
    world.startMs = 5_000;
    let fewest = Infinity;
    world.cluster.after = ({ plural, verb }) => {
      if (plural === "virtualservices" && verb === "patch" && world.shares.length === inOneStep.length)
        fewest = Math.min(fewest, world.ready("blue"));
    };
    assert.equal((await world.clock.settle(world.releaser().rollBackNow())).state.phase, "released");
    assert.ok(fewest >= 8, `${fewest} pods when the traffic came`);
  });

  it("goes on although the broken version has no ready pods, and gives it none", async () => {
    const world = await released();
    world.barren = ["green"];
    world.lose("green", 2);
    const { state } = await world.clock.settle(world.releaser().rollBackNow());
    assert.deepEqual([state.phase, world.ledger.active, world.ready("blue")], ["released", "blue", 2]);
    assert.deepEqual(world.shares, inOneStep);
    assert.equal(world.events.includes("held"), false);
  });

  for (const errors of [0.02, 1])
    it(`stays on the kept version where ${errors * 100} % of its requests fail as well, which is told`, async () => {
      const world = await released();
      world.errors = { candidate: errors, active: 1 };
      const { state } = await world.clock.settle(world.releaser().rollBackNow());
      assert.deepEqual([state.phase, state.warned], ["released", ["errorRate"]]);
      assert.deepEqual(world.shares, inOneStep);
    });

  it("goes on where this account may not watch, and may not read the Services, as in an environment of an earlier version", async () => {
    const world = await released();
    world.cluster.before = ({ verb, plural }) => {
      const isWatching = verb === "watch" || (verb === "list" && plural !== "pods");
      if (isWatching || plural === "services")
        throw new ForbiddenError({ verb, target: plural, status: 403 }, "not yours");
    };
    const { state } = await world.clock.settle(world.releaser().rollBackNow());
    assert.deepEqual([state.phase, world.ledger.active], ["released", "blue"]);
    assert.deepEqual(world.shares, inOneStep);
  });

  for (const [what, change] of [
    [
      "the routes",
      (world: World) => {
        world.editRoute({ timeout: "1s" });
      },
    ],
    [
      "the release plan",
      (world: World) => {
        world.publish({ ...world.plan, soak: 1 });
      },
    ],
    [
      "the broken version",
      (world: World) => {
        world.setEnv("green", "a try to repair it");
      },
    ],
    [
      "the kept version",
      (world: World) => {
        world.setEnv("blue", "a try to repair it");
      },
    ],
  ] as const)
    for (const phase of ["waiting-ready", "soaking"])
      it(`tells of it where somebody changes ${what} while it is ${phase}, and goes on`, async () => {
        const world = await released();
        world.startMs = 5_000;
        const ended = world.releaser().rollBackNow();
        while (world.ledger.current?.state.phase !== phase) await world.clock.pass(100);
        await world.clock.pass(1_000);
        change(world);
        const { state } = await world.clock.settle(ended);
        assert.deepEqual([state.phase, world.ledger.active], ["released", "blue"]);
        assert.deepEqual(world.shares, inOneStep);
        assert.equal(world.events.filter((event) => event === "noted").length, 1);
      });

  it("puts weights back to the kept version however often somebody changes them", async () => {
    const world = await released();
    const ended = world.releaser().rollBackNow();
    while (world.ledger.current?.state.phase !== "soaking") await world.clock.pass(100);
    for (let times = 0; times < 3; times += 1) {
      await world.clock.pass(1_000);
      world.setWeight(0);
    }
    const { state } = await world.clock.settle(ended);
    assert.deepEqual([state.phase, world.ledger.active, world.percent], ["released", "blue", 100]);
  });

  it("sends nobody back to the broken version whom somebody has moved away from it by hand", async () => {
    const world = await released();
    world.scale("blue", 2);
    world.editRoute({ percent: 0 });
    world.shares.splice(0);
    world.startMs = 5_000;
    const { state } = await world.clock.settle(world.releaser().rollBackNow());
    assert.deepEqual([state.phase, world.ledger.active], ["released", "blue"]);
    assert.equal(new Set(world.shares.slice(1)).size <= 1, true, world.shares.join());
  });

  it("is undone where the kept version does worse than what served, and quarantines nothing", async () => {
    const world = await released();
    world.errors = { candidate: 1, active: 0 };
    const { state } = await world.clock.settle(world.releaser().rollBackNow());
    assert.deepEqual(
      [state.phase, state.cause?.reason, world.ledger.active],
      ["rolled-back", "high_error_rate", "green"],
    );
    assert.deepEqual([world.ledger.quarantine, world.ledger.withdrawn], [[], undefined]);
    assert.deepEqual([world.percent, world.ready("green")], [0, 2]);
    const [record] = world.ledger.releases;
    assert.ok(record);
    assert.match(servingAfterRollback(record) ?? "", /^v-b \(green\) serves all traffic; verified: /);
  });

  it("moves nothing where the kept version's pods do not become ready, and says so", async () => {
    const world = await released();
    world.barren = ["blue"];
    const { state } = await world.clock.settle(world.releaser().rollBackNow());
    assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", "pods_unavailable"]);
    assert.match(state.cause?.detail ?? "", /^0 of 2 pods are ready after 300 s/);
    assert.deepEqual(world.shares, [100, 0], "all traffic stays where it was");
    assert.deepEqual([world.ledger.active, world.replicas("green"), world.replicas("blue")], ["green", 2, 0]);
  });

  it("takes what is ready of the kept version at the deadline where the broken one has no more", async () => {
    const world = await released();
    world.scale("green", 4);
    world.barren = ["green", "blue"];
    world.lose("green", 3);
    const ended = world.releaser().rollBackNow();
    await world.clock.pass(10_000);
    world.start("blue");
    const { state } = await world.clock.settle(ended);
    assert.deepEqual([state.phase, world.ledger.active, world.ready("blue")], ["released", "blue", 1]);
  });

  it("is a release's own rollback while one is under way, whoever runs it", async () => {
    const world = new World();
    const first = world.releaser().release();
    await world.clock.pass(4_000);
    const { id, state } = await world.clock.settle(world.releaser().rollBackNow());
    await assert.rejects(world.clock.settle(first), { name: "LeaseLostError" });
    assert.deepEqual([id, state.phase, state.withdraws], ["r1", "aborted", true]);
    assert.deepEqual([world.shares, world.ledger.active], [[0, 10, 0], "blue"]);
  });

  it("follows a release that can no longer be rolled back", async () => {
    const world = new World();
    let finishing = false;
    const first = world.releaser();
    world.cluster.after = ({ plural, by }) => {
      if (finishing || plural !== "configmaps" || by !== first.holder || world.events.at(-1) !== "soaked") return;
      finishing = true;
      first.kill();
    };
    void first.release();
    await world.clock.pass(200_000);
    assert.equal(finishing, true);
    const { id, state } = await world.clock.settle(world.releaser().rollBackNow());
    assert.deepEqual([id, state.phase, world.ledger.active], ["r2", "released", "blue"]);
  });

  it("goes by itself to no version that users or a verdict rolled back, and to such a one only where users name it", async () => {
    const world = await released();
    await world.clock.settle(world.releaser().rollBackNow());
    const before = world.cluster.writes.filter(
      ({ plural }) => plural === "deployments" || plural === "virtualservices",
    );
    await assert.rejects(world.clock.settle(world.releaser().rollBackNow()), {
      name: "NotKeptError",
      message: /^There is no earlier release of atom, so there is no way back to it \(there is: r1 \(v-b\)\)/,
    });
    const after = world.cluster.writes.filter(({ plural }) => plural === "deployments" || plural === "virtualservices");
    const specs = (writes: typeof after) => writes.map(({ object }) => (object as { spec?: unknown }).spec);
    assert.deepEqual(specs(after).at(-1), specs(before).at(-1), "nothing but the stamp");
    const { state } = await world.clock.settle(world.releaser().rollBackNow("r1"));
    assert.deepEqual([state.phase, world.ledger.active], ["released", "green"]);
  });

  it("refuses a quarantined version before it stages anything", async () => {
    const world = await released();
    const entry = { template: templates.blue, reason: "high_latency", at: "2026-01-01T00:00:00.000Z", release: "r0" };
    const live = world.cluster.peek(configMaps, { namespace: "atom-staging", name: ledgerName("atom") });
    const text = formatLedger({ ...world.ledger, quarantine: [entry] });
    world.cluster.put(configMaps, { metadata: live.metadata, data: { [ledgerKey]: text } });
    await assert.rejects(world.clock.settle(world.releaser().rollBackNow("r0")), { refusal: "quarantined" });
    assert.deepEqual([world.replicas("blue"), world.percent, world.ledger.current], [0, 100, null]);
  });

  it("works on a ledger of a newer atom, whose keys stay", async () => {
    const world = await released();
    const name = { namespace: "atom-staging", name: ledgerName("atom") };
    const live = world.cluster.peek(configMaps, name);
    const ledger = JSON.parse(live.data?.[ledgerKey] ?? "") as { regions?: object; releases: { shards?: number }[] };
    ledger.regions = { eu: 1 };
    for (const past of ledger.releases) past.shards = 3;
    world.cluster.put(configMaps, { metadata: live.metadata, data: { [ledgerKey]: JSON.stringify(ledger) } });
    const { state } = await world.clock.settle(world.releaser().rollBackNow());
    assert.deepEqual([state.phase, world.ledger.active], ["released", "blue"]);
    const after = JSON.parse(world.cluster.peek(configMaps, name).data?.[ledgerKey] ?? "") as typeof ledger;
    assert.deepEqual([after.regions, after.releases.at(-1)?.shards], [{ eu: 1 }, 3]);
  });

  it("that nobody is at is shown by status with the command that resumes it", async () => {
    const world = await released();
    const first = world.releaser();
    const left = first.rollBackNow();
    await world.clock.pass(1_000);
    first.leave();
    assert.equal((await world.clock.settle(left)).end, "left");
    const status = statusOf({ ledger: world.ledger, environment: "staging", now: world.clock.now(), holder: null });
    assert.deepEqual(status.next, [
      "Take it up with `atom rollback --now --stack staging`, or take it back with `atom abort --stack staging`.",
    ]);
  });

  it("that is killed anywhere, and left for any time, is resumed by the next one and ends the same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 120 }), fc.constantFrom(0, 20_000, 600_000), async (calls, gone) => {
        const world = await released();
        world.errors = { candidate: 0, active: 1 };
        world.startMs = 4_000;
        const first = world.releaser();
        let made = 0;
        world.cluster.before = ({ by, verb }) => {
          if (by === first.holder && verb !== "list" && (made += 1) === calls) first.kill();
        };
        void first.rollBackNow().catch(() => undefined);
        await world.clock.pass(20_000 + gone);
        const { releases, current } = world.ledger;
        if (current !== null || releases[0]?.id === "r1") {
          const { state } = await world.clock.settle(world.releaser().rollBackNow());
          assert.equal(state.phase, "released");
        } else await world.clock.pass(60_000);
        assert.deepEqual([world.ledger.active, world.percent, world.ready("blue")], ["blue", 100, 2]);
        assert.deepEqual(world.shares, inOneStep, "the broken version gets nothing back");
        assert.equal(world.ledger.releases.length, 3);
      }),
      { numRuns: 30 },
    );
  });
});
