import assert from "node:assert/strict";
import fc from "fast-check";
import { podsNeeded, shareOnRollback } from "../../../delivery/release/capacity.ts";
import { horizontalPodAutoscalers } from "../../../delivery/cluster/resources.ts";
import { ActiveSlot } from "../../../delivery/release/active-slot.ts";
import { releasePlan } from "../support/plans.ts";
import { guardSnapshot, slotSnapshot } from "../support/snapshots.ts";
import { templates, World } from "./world.ts";

describe("a candidate that some gateways still send requests to after a rollback", () => {
  async function rolledBack(ms: number): Promise<World> {
    const world = new World();
    world.lateGateway = { share: 0.1, ms: 0 };
    const ended = world.releaser().release();
    await world.clock.pass(40_000);
    world.lateGateway = { share: 0.1, ms };
    world.errors.candidate = 0.5;
    assert.equal((await world.clock.settle(ended)).state.phase, "rolled-back");
    await world.clock.pass(10_000);
    world.counters();
    return world;
  }

  it("keeps its pods until it serves none of them", async () => {
    const world = await rolledBack(5_000);
    assert.equal(world.replicas("green"), 0);
    assert.equal(world.lost, 0);
  });

  it("has its pods taken away after half a minute where they go on, which is noted with what they may be", async () => {
    const world = await rolledBack(1_000_000);
    assert.equal(world.replicas("green"), 0);
    const notes = world.journal.filter(({ event }) => event === "noted").map(({ detail }) => detail);
    assert.equal(notes.length, 1);
    assert.match(
      notes[0] ?? "",
      /^green still answered \d+ requests in 2 s, which no weight sends there \(connections that callers inside the cluster keep, or requests to the Service of green\); its pods go all the same$/,
    );
    const at = (event: string): number => Date.parse(world.journal.find((entry) => entry.event === event)?.at ?? "");
    const waited = at("scaled-down") - at("quarantined");
    assert.ok(waited >= 30_000 && waited < 40_000, String(waited));
    assert.deepEqual([world.events.includes("pods-kept"), world.troubles], [false, []]);
  });
});

describe("the pods that a share of the traffic needs", () => {
  it("are that share of the pods that serve now, at least one, and all of them at 100 %", () => {
    const needed = [0, 1, 10, 34, 50, 100].map((percent) => podsNeeded(percent, 8));
    assert.deepEqual(needed, [0, 1, 1, 3, 4, 8]);
    assert.equal(podsNeeded(100, 0), 1);
  });

  it("are there for all that a rollback moves, or the candidate keeps the rest", () => {
    for (const [active, candidate, from, share, why] of [
      [10, 10, 100, 0, "as many pods as the candidate has"],
      [3, 10, 100, 70, "an old slot that its autoscaler shrank gets what it carries"],
      [1, 3, 100, 67, "each pod counts as it comes"],
      [2, 3, 10, 0, "what carries 90 % carries the rest"],
      [1, 4, 50, 38, "what carries half carries a quarter more of it"],
      [0, 2, 10, 100, "the candidate alone has pods"],
      [0, 0, 100, 0, "nobody has any"],
      [0, 2, 0, 0, "no user was on the candidate, and none gets there"],
    ] as const)
      assert.equal(shareOnRollback({ active, candidate }, from, from), share, why);
  });

  it("never give a candidate more than it has, unless it alone has pods, and never users to a slot without any", () => {
    const some = fc.nat({ max: 40 });
    fc.assert(
      fc.property(
        some,
        some,
        fc.integer({ min: 1, max: 100 }),
        fc.nat({ max: 100 }),
        (active, candidate, from, now) => {
          const share = shareOnRollback({ active, candidate }, from, now);
          if (active > 0) assert.ok(share <= Math.max(now, 0));
          if (active === 0 && candidate > 0) assert.equal(share, 100);
          if (candidate === 0) assert.equal(share, 0);
          if (active >= candidate && active > 0) assert.equal(share, 0);
        },
      ),
    );
  });
});

describe("the slot that a rollback needs", () => {
  const subject = {
    active: "blue",
    candidate: { slot: "green", template: templates.green, version: "v-b", image: "" },
    plan: releasePlan(),
  } as const;
  const reading = (ready: number, pods = ready, candidate = 2) =>
    guardSnapshot({
      active: slotSnapshot({ ready, pods }),
      candidate: slotSnapshot({ ready: candidate, pods: candidate }),
    });

  it("is missed at once when its pods are gone, and after two seconds when none of them is ready", () => {
    const gone = new ActiveSlot(subject);
    assert.equal(gone.see(reading(0), 10, 0).events[0]?.type, "failed");
    const unready = new ActiveSlot(subject);
    assert.deepEqual(unready.see(reading(0, 2), 10, 0).events, []);
    assert.deepEqual(unready.see(reading(0, 2), 10, 1_900).events, []);
    assert.equal(unready.see(reading(0, 2), 10, 2_000).events[0]?.type, "failed");
  });

  it("is told of once, given its pods again, told of when it has them, and not at all for a pod that is replaced", () => {
    const slot = new ActiveSlot(subject);
    const seen = [
      slot.see(reading(0), 100, 0),
      slot.see(reading(0), 100, 500),
      slot.see(reading(1), 100, 4_000),
      slot.see(reading(2), 100, 5_000),
      slot.see(reading(1, 2), 100, 6_000),
      slot.see(reading(2), 100, 8_000),
    ];
    assert.deepEqual(
      seen.map(({ events }) => events.map(({ type }) => type)),
      [["noted"], [], [], ["noted"], [], []],
    );
    assert.deepEqual(
      seen.map(({ restoreTo }) => restoreTo),
      [2, 2, 2, undefined, undefined, undefined],
    );
    assert.match(
      seen[0]?.events[0]?.detail ?? "",
      /^guard: blue, which a rollback needs, has no ready pods where 2 are due/,
    );
  });

  it("is to have as many pods as serve now: an autoscaled candidate's, in the soak", () => {
    const slot = new ActiveSlot(subject);
    slot.see(reading(3, 3, 10), 100, 0);
    assert.equal(slot.see(reading(3, 3, 10), 100, 3_000).restoreTo, 10);
    assert.deepEqual(
      new ActiveSlot(subject).see(reading(3, 3, 10), 10, 9_000).events,
      [],
      "at 10 % it carries the most",
    );
  });

  it("holds the release when its pods do not come back in time", () => {
    const slot = new ActiveSlot(subject);
    slot.see(reading(0), 100, 0);
    const { events } = slot.see(reading(0), 100, subject.plan.deadlines.ready);
    assert.deepEqual(
      events.map((event) => ("reason" in event ? [event.type, event.reason] : [])),
      [["held", "active_slot_lost"]],
    );
    assert.equal(
      slot.see(guardSnapshot({ podsAt: null, active: slotSnapshot({ ready: 0 }) }), 100, 1).events.length,
      0,
    );
  });
});

const slow = { soak: 600_000, deadlines: { ready: 60_000, return: 20_000, hold: 300_000 } } as const;

/** A release in its soak. */
async function soaking(
  world: World,
): Promise<{ readonly ended: ReturnType<ReturnType<World["releaser"]>["release"]>; readonly abort: () => void }> {
  const releaser = world.releaser();
  const ended = releaser.release();
  ended.catch(() => undefined);
  await world.clock.pass(100_000);
  assert.equal(world.ledger.current?.state.phase, "soaking");
  return {
    ended,
    abort: () => {
      releaser.abort();
    },
  };
}

describe("a rollback onto a slot without pods", () => {
  it("leaves users where there are pods until those of the old slot are ready, and takes none away before", async () => {
    const world = new World(releasePlan(slow));
    world.startMs = 8_000;
    const { ended, abort } = await soaking(world);
    world.scale("blue", 0);
    await world.clock.pass(200);
    abort();
    await world.clock.pass(6_000);
    assert.deepEqual([world.percent, world.replicas("green"), world.replicas("blue")], [100, 2, 2]);
    const { state } = await world.clock.settle(ended);
    assert.equal(state.phase, "aborted");
    assert.equal(state.rollbackVerified, true);
    assert.deepEqual([world.percent, world.ready("blue"), world.replicas("green")], [0, 2, 0]);
    assert.ok(world.events.includes("noted"));
  });

  it("counts and moves on while an autoscaler does not answer: the pods may come back without it", async () => {
    const world = new World(releasePlan(slow));
    const namespace = "atom-staging";
    world.cluster.put(horizontalPodAutoscalers, {
      metadata: { namespace, name: "atom-blue" },
      spec: { scaleTargetRef: { kind: "Deployment", name: "atom-blue" }, minReplicas: 1, maxReplicas: 10 },
    });
    const { ended, abort } = await soaking(world);
    world.cluster.before = ({ plural }) =>
      plural === "horizontalpodautoscalers" ? world.clock.sleep(4_000, new AbortController().signal) : undefined;
    world.barren = ["blue"];
    world.scale("blue", 0);
    await world.clock.pass(200);
    abort();
    await world.clock.pass(2_000);
    assert.equal(world.percent, 100);
    world.barren = [];
    world.scale("blue", 2);
    await world.clock.pass(1_000);
    assert.equal(world.percent, 0);
    world.cluster.before = () => undefined;
    assert.equal((await world.clock.settle(ended)).state.phase, "aborted");
  });

  it("by another process needs no guard for that", async () => {
    const world = new World(releasePlan(slow));
    world.startMs = 8_000;
    const { ended } = await soaking(world);
    world.scale("blue", 0);
    const back = world.releaser().takeBack("anna");
    await world.clock.pass(5_000);
    assert.deepEqual([world.percent, world.isMisled], [100, false]);
    const { state } = await world.clock.settle(back);
    assert.deepEqual([state.phase, world.percent, world.replicas("green")], ["aborted", 0, 0]);
    await assert.rejects(world.clock.settle(ended), { name: "LeaseLostError" });
  });

  it("by another process, while it waits, has weights back that others move to the slot without pods", async () => {
    const world = new World(releasePlan(slow));
    const { ended } = await soaking(world);
    world.barren = ["blue"];
    world.scale("blue", 0);
    const back = world.releaser().takeBack("anna");
    await world.clock.pass(3_000);
    for (let times = 1; times <= 3; times += 1) {
      world.setWeight(0);
      assert.equal(world.isMisled, true);
      await world.clock.pass(1_000);
      assert.deepEqual([world.percent, world.isMisled], [100, false]);
    }
    world.barren = [];
    world.start("blue");
    const { state } = await world.clock.settle(back);
    assert.deepEqual([state.phase, world.percent, world.replicas("green")], ["aborted", 0, 0]);
    await assert.rejects(world.clock.settle(ended), { name: "LeaseLostError" });
  });

  it("moves traffic as pods become ready", async () => {
    const world = new World(releasePlan({ ...slow, replicas: 4 }));
    const { ended, abort } = await soaking(world);
    world.barren = ["blue"];
    world.scale("blue", 0);
    abort();
    for (let ready = 1; ready <= 4; ready += 1) {
      await world.clock.pass(3_000);
      world.start("blue");
    }
    const { state } = await world.clock.settle(ended);
    assert.equal(state.phase, "aborted");
    assert.deepEqual(world.shares.slice(-5), [100, 75, 50, 25, 0]);
  });

  it("waits for a person as long as a held release would, takes nothing away, and goes on when it is resumed", async () => {
    const world = new World(releasePlan(slow));
    const { ended, abort } = await soaking(world);
    world.barren = ["blue"];
    world.scale("blue", 0);
    abort();
    const { end, state } = await world.clock.settle(ended);
    assert.deepEqual([end, state.phase, world.percent, world.replicas("green")], ["held", "returning", 100, 2]);
    assert.ok(
      world.troubles.some((trouble) => trouble.startsWith("blue has 0 ready pods, and 2 serve in green after 60 s")),
    );
    world.barren = [];
    world.scale("blue", 2);
    const resumed = await world.clock.settle(world.releaser().release());
    assert.deepEqual([resumed.state.phase, world.percent, world.replicas("green")], ["aborted", 0, 0]);
  });

  it("turns to the candidate again when the old slot loses its pods while the rollback is looked at", async () => {
    const world = new World(releasePlan(slow));
    world.startMs = 3_000;
    const { ended, abort } = await soaking(world);
    world.confirms = "pending";
    abort();
    await world.clock.pass(3_000);
    assert.equal(world.percent, 0);
    world.scale("blue", 0);
    await world.clock.pass(2_500);
    assert.deepEqual([world.percent, world.replicas("green")], [100, 2]);
    world.confirms = "confirmed";
    const { state } = await world.clock.settle(ended);
    assert.deepEqual([state.phase, world.percent, world.ready("blue")], ["aborted", 0, 2]);
    assert.ok(world.events.includes("capacity-lost"));
  });

  it("that nobody could see keeps the candidate's pods while the old slot lacks some of its own", async () => {
    const world = new World(releasePlan(slow));
    const { ended, abort } = await soaking(world);
    world.confirms = "unknown";
    world.barren = ["blue"];
    world.scale("blue", 3);
    abort();
    // The person who aborts is not kept waiting; another releaser finds out whether the pods come.
    assert.equal((await world.clock.settle(ended)).end, "left");
    const { state } = await world.clock.settle(world.releaser().release());
    assert.deepEqual([state.phase, state.candidateStays, world.replicas("green")], ["aborted", true, 2]);
    assert.equal(world.journal.at(-1)?.detail, "green keeps its pods: 2 of 3 pods of blue are ready");
  });

  it("asks for nothing before its first patch while the old slot is sound", async () => {
    const world = new World(releasePlan(slow));
    const { ended } = await soaking(world);
    const calls: string[] = [];
    world.cluster.before = ({ verb, plural }) => {
      if (plural !== "configmaps" && plural !== "leases") calls.push(`${verb} ${plural}`);
    };
    world.errors.candidate = 1;
    await world.clock.settle(ended);
    assert.deepEqual(calls[0], "patch virtualservices");
  });
});

describe("a weight for the candidate", () => {
  it("waits for the pods that are due also where a quota keeps them from being created", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await world.clock.pass(30_000);
    assert.equal(world.percent, 50);
    world.barren = ["blue"];
    world.quota.blue = 2;
    world.scale("blue", 10);
    assert.equal((await world.clock.settle(ended)).state.phase, "released");
    assert.equal(world.replicas("green"), 10);
    assert.ok(world.journal.some(({ detail }) => detail.includes("(2 serve in blue, which is to have 10)")));
  });

  it("of a hotfix needs the pods that serve: those that wait for a node leave none to the fix", async () => {
    const world = new World();
    world.scale("blue", 4);
    world.barren = ["blue"];
    world.scale("blue", 10);
    const { state } = await world.clock.settle(world.releaser().release({ hotfix: "payments are down" }));
    assert.deepEqual([state.phase, world.ready("green"), world.replicas("green")], ["released", 4, 4]);
  });

  it("waits for the pods that it needs: an autoscaled version is not moved onto fewer", async () => {
    const world = new World();
    world.scale("blue", 8);
    world.startMs = 5_000;
    const { state } = await world.clock.settle(world.releaser().release());
    assert.equal(state.phase, "released");
    assert.deepEqual(world.shares, [0, 10, 50, 100]);
    assert.equal(world.replicas("green"), 8);
    const notes = world.journal.filter(({ event }) => event === "noted").map(({ detail }) => detail);
    assert.deepEqual(notes, [
      "green has 2 ready pods where 50 % of the traffic needs 4 (8 serve in blue); waiting for them before any traffic moves",
      "green has 4 ready pods where 100 % of the traffic needs 8 (8 serve in blue); waiting for them before any traffic moves",
    ]);
  });

  it("waits for as many pods as the old slot is to have, also while these start: a spike is no reason for fewer", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await world.clock.pass(30_000);
    assert.equal(world.percent, 50);
    // The load has grown: the old slot's autoscaler asks for more pods, and none of them is ready yet.
    world.barren = ["blue"];
    world.scale("blue", 10);
    assert.equal((await world.clock.settle(ended)).state.phase, "released");
    const waited = world.journal.find(({ detail }) => detail.includes("waiting for them"))?.detail;
    assert.equal(
      waited,
      "green has 2 ready pods where 100 % of the traffic needs 10 (2 serve in blue, which is to have 10); waiting for them before any traffic moves",
    );
    assert.equal(world.ready("green"), 10);
  });

  it("that its pods do not come for is not set, and the version is not blamed", async () => {
    const world = new World(releasePlan({ deadlines: { ready: 30_000 } }));
    world.scale("blue", 8);
    world.barren = ["green"];
    const { state } = await world.clock.settle(world.releaser().release());
    assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", "pods_unavailable"]);
    assert.deepEqual(world.shares, [0, 10, 0]);
    assert.deepEqual(world.ledger.quarantine, []);
  });
});

describe("an old slot that loses its pods under a good candidate", () => {
  it("ends a canary: users go where there are pods at once, and back when the old slot has its own again", async () => {
    const world = new World();
    world.startMs = 6_000;
    const ended = world.releaser().release();
    await world.clock.pass(30_000);
    assert.equal(world.percent, 50);
    world.scale("blue", 0);
    await world.clock.pass(1_500);
    assert.deepEqual([world.percent, world.isMisled], [100, false]);
    const { state } = await world.clock.settle(ended);
    assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", "active_slot_lost"]);
    assert.deepEqual([world.percent, world.ready("blue"), world.ledger.quarantine], [0, 2, []]);
  });

  it("in the soak gets them back, and the release goes on with that on record", async () => {
    const world = new World(releasePlan({ soak: 60_000 }));
    world.startMs = 6_000;
    const { ended } = await soaking(world);
    world.scale("blue", 0);
    await world.clock.pass(2_000);
    assert.equal(world.replicas("blue"), 2);
    assert.equal(world.events.at(-1), "noted");
    const { state } = await world.clock.settle(ended);
    assert.equal(state.phase, "released");
    const notes = world.journal.filter(({ event }) => event === "noted").map(({ detail }) => detail);
    assert.match(notes[0] ?? "", /^guard: blue, which a rollback needs, has no ready pods/);
    assert.equal(notes[1], "guard: blue has 2 ready pods again");
  });

  it("and does not get them back, holds the release instead of ending it without a way back", async () => {
    const world = new World(releasePlan({ soak: 60_000, deadlines: { ready: 80_000, hold: 60_000 } }));
    const { ended } = await soaking(world);
    world.barren = ["blue"];
    world.scale("blue", 0);
    const { end, state } = await world.clock.settle(ended);
    assert.deepEqual([end, state.phase, state.cause?.reason], ["held", "held", "active_slot_lost"]);
    assert.deepEqual([world.percent, world.replicas("green")], [100, 2]);
  });
});

describe("a candidate's pods", () => {
  it("that the platform took and replaced are told of, and the release goes on", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await world.clock.pass(10_000);
    const detail = "the pod was ended from outside: Evicted, The node was low on resource: memory.";
    world.signals = [{ kind: "disrupted", pod: "atom-green-1", detail, platform: true }];
    world.startMs = 3_000;
    world.lose("green", 1);
    const { state } = await world.clock.settle(ended);
    assert.equal(state.phase, "released");
    const noted = world.journal.find(({ event }) => event === "noted");
    assert.equal(noted?.detail, `guard: atom-green-1: ${detail}; not the version's doing, another pod is waited for`);
  });

  it("that are all gone have users sent back, and nothing quarantined", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await world.clock.pass(10_000);
    world.scale("green", 0);
    await world.clock.pass(1_000);
    assert.equal(world.percent, 0);
    const { state } = await world.clock.settle(ended);
    assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", "pods_unavailable"]);
    assert.deepEqual(world.ledger.quarantine, []);
  });

  it("that stop giving their counters while the old slot gives its own are out within ten seconds", async () => {
    const steps = [{ percent: 10, wait: 600_000 } as const, { percent: 100, wait: 0 } as const];
    const world = new World(releasePlan({ steps, resumeWithin: 600_000 }));
    const ended = world.releaser().release();
    await world.clock.pass(10_000);
    assert.equal(world.percent, 10);
    world.readable = false;
    world.guardProblems = ["atom-green-1: its metrics page answered 403"];
    await world.clock.pass(10_000);
    assert.equal(world.percent, 0);
    const { state } = await world.clock.settle(ended);
    assert.equal(state.cause?.reason, "metrics_unavailable");
    assert.equal(
      state.cause.detail,
      "guard: the candidate has given no counters for 6 s, and blue gives its own: atom-green-1: its metrics page answered 403",
    );
    assert.deepEqual(world.ledger.quarantine, []);
  });
});
