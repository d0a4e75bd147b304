import assert from "node:assert/strict";
import fc from "fast-check";
import { parseLedger } from "../../../components/ledger/ledger.ts";
import type { HeldMinimum } from "../../../components/ledger/release-record.ts";
import { ledgerKey, slotName } from "../../../components/names/names.ts";
import { slotNames, type SlotName } from "../../../components/names/slot-name.ts";
import { AutoscaledSlots, SlotAutoscalers } from "../../../delivery/cluster/autoscalers.ts";
import {
  ClusterError,
  ForbiddenError,
  InvalidError,
  LeaseLostError,
  NotFoundError,
} from "../../../delivery/cluster/errors.ts";
import { Fence } from "../../../delivery/cluster/fence.ts";
import {
  horizontalPodAutoscalers,
  scaledObjects,
  type ConfigMap,
  type ScaledObject,
} from "../../../delivery/cluster/resources.ts";
import { releasePlan } from "../support/plans.ts";
import { World } from "./world.ts";

const namespace = "atom-staging";
const steps = [
  { percent: 50, wait: 5_000 },
  { percent: 100, wait: 5_000 },
];

/** Blue serves with so many pods, and both slots are autoscaled from 2 to `maxReplicas`. */
function autoscaled(serving: number, maxReplicas = 10, minReplicas?: number): World {
  const world = new World(releasePlan({ steps, soak: 5_000, gate: { every: 2_000 } }));
  for (const slot of slotNames) putAutoscaler(world, slot, minReplicas ?? 2, maxReplicas);
  world.scale("blue", serving);
  return world;
}

function putAutoscaler(world: World, slot: SlotName, minReplicas: number | undefined, maxReplicas: number): void {
  world.cluster.put(horizontalPodAutoscalers, {
    metadata: { namespace, name: slotName("atom", slot) },
    spec: {
      scaleTargetRef: { kind: "Deployment", name: slotName("atom", slot) },
      ...(minReplicas === undefined ? {} : { minReplicas }),
      maxReplicas,
    },
  });
}

function minimum(world: World, slot: SlotName): number | undefined {
  return world.cluster.peek(horizontalPodAutoscalers, { namespace, name: slotName("atom", slot) }).spec?.minReplicas;
}

function setMaximum(world: World, slot: SlotName, maxReplicas: number): void {
  const live = world.cluster.peek(horizontalPodAutoscalers, { namespace, name: slotName("atom", slot) });
  world.cluster.put(horizontalPodAutoscalers, { ...live, spec: { ...live.spec, maxReplicas } });
}

/** What somebody does with kubectl. */
function setMinimum(world: World, slot: SlotName, minReplicas: number): void {
  const live = world.cluster.peek(horizontalPodAutoscalers, { namespace, name: slotName("atom", slot) });
  world.cluster.put(horizontalPodAutoscalers, { ...live, spec: { ...live.spec, minReplicas } });
}

/** What the release has raised, as it was in the ledger before it was given back. */
function raised(world: World): readonly HeldMinimum[] {
  const ledgers = world.cluster.writes.flatMap(({ object }) => (object as ConfigMap).data?.[ledgerKey] ?? []);
  const held = ledgers.map((text) => parseLedger(text, "in memory", "atom").current?.minima ?? []);
  return held.findLast(({ length }) => length > 0) ?? [];
}

/** Does something once the journal has a line of this phase at this weight, and resolves to the release's end. */
async function during(world: World, phase: string, percent: number, act: () => void): Promise<string> {
  let done = false;
  world.cluster.after = ({ plural }) => {
    const last = world.journal.at(-1);
    if (done || plural !== "configmaps" || last?.phase !== phase || last.percent !== percent) return;
    done = true;
    act();
  };
  const { state } = await world.clock.settle(world.releaser().release());
  assert.ok(done);
  return state.phase;
}

const notes = (world: World): string[] =>
  world.journal.filter(({ event }) => event === "noted").map(({ detail }) => detail);

describe("the autoscalers of a release", () => {
  it("leave the candidate what its weight needs, and the old slot what it served with until the soak is over", async () => {
    const world = autoscaled(8);
    const seen: (readonly [string, number | undefined, number | undefined])[] = [];
    world.cluster.after = ({ plural }) => {
      const { phase, percent } = world.journal.at(-1) ?? {};
      const line = `${phase ?? ""} ${percent ?? ""}`;
      if (plural === "configmaps" && seen.at(-1)?.[0] !== line)
        seen.push([line, minimum(world, "blue"), minimum(world, "green")]);
    };
    assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "released");
    assert.deepEqual(
      seen.filter(([line]) => /^(smoking|measuring|soaking)/.test(line)),
      [
        ["smoking 0", 2, 2],
        ["measuring 50", 8, 4],
        ["measuring 100", 8, 8],
        ["smoking-public 100", 8, 8],
        ["soaking 100", 8, 8],
      ],
    );
    assert.deepEqual([minimum(world, "blue"), minimum(world, "green")], [2, 2]);
    assert.deepEqual(
      notes(world).filter((note) => note.includes("minimum")),
      [],
    );
  });

  it("have their minima in the ledger before they are raised", async () => {
    const world = autoscaled(8);
    world.cluster.before = ({ plural, verb }) => {
      if (plural !== "horizontalpodautoscalers" || verb !== "patch" || world.ledger.current === null) return;
      const { minima = [] } = world.ledger.current;
      assert.deepEqual(minima.find(({ name }) => name === "atom-blue")?.before, 2);
    };
    assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "released");
    assert.deepEqual(
      raised(world).map(({ name, before, set }) => [name, before, set]),
      [
        ["atom-blue", 2, [8]],
        ["atom-green", 2, [4, 8]],
      ],
    );
  });

  it("are all given back where two are raised at the same time, as by the guard and a step", async () => {
    const world = autoscaled(2);
    const saved: string[][] = [];
    const { cluster, clock } = world;
    const writer = new Fence({ cluster: cluster.client(), clock, fence: 1, check: () => undefined });
    const autoscalers = new SlotAutoscalers({
      ...{ cluster: cluster.client(), writer, namespace, service: "atom", held: [] },
      save: async (held, signal) => {
        await clock.sleep(100, signal);
        saved.push(held.map(({ name }) => name));
      },
    });
    const { signal } = new AbortController();
    await clock.settle(
      Promise.all([autoscalers.hold({ blue: 5 }, signal), autoscalers.hold({ green: 6 }, signal)]).then(() =>
        autoscalers.giveBack(signal),
      ),
    );
    assert.deepEqual(saved.slice(-2), [["atom-blue", "atom-green"], []]);
    assert.deepEqual([minimum(world, "blue"), minimum(world, "green")], [2, 2]);
  });

  it("are given back also where that cannot be recorded, which is made up for the next time", async () => {
    const world = autoscaled(2);
    const { cluster, clock } = world;
    const writer = new Fence({ cluster: cluster.client(), clock, fence: 1, check: () => undefined });
    let recorded: string[] = [];
    let refusal: Error | undefined;
    const autoscalers = new SlotAutoscalers({
      ...{ cluster: cluster.client(), writer, namespace, service: "atom", held: [] },
      save: (held) => {
        if (refusal !== undefined) return Promise.reject(refusal);
        recorded = held.map(({ name }) => name);
        return Promise.resolve();
      },
    });
    const { signal } = new AbortController();
    await autoscalers.hold({ blue: 5, green: 6 }, signal);
    setMinimum(world, "green", 3);
    refusal = new ClusterError({ verb: "patch", target: "configmaps atom-ledger", status: 500 }, "no leader");
    assert.deepEqual(await autoscalers.giveBack(signal), [
      "HorizontalPodAutoscaler atom-green keeps the minimum 3 that it was given during the release (before: 2)",
    ]);
    assert.deepEqual([minimum(world, "blue"), minimum(world, "green")], [2, 3]);
    assert.deepEqual(recorded, ["atom-blue", "atom-green"]);
    refusal = undefined;
    assert.deepEqual(await autoscalers.giveBack(signal), []);
    assert.deepEqual(recorded, []);

    await autoscalers.hold({ blue: 5 }, signal);
    refusal = new LeaseLostError("taken", "releaser 2 has taken over");
    await assert.rejects(autoscalers.giveBack(signal), LeaseLostError);
  });

  it("keep no slot waiting for its pods: its Deployment is scaled at once, and the minimum is raised beside that", async () => {
    const world = autoscaled(8);
    const { clock, cluster } = world;
    const { signal } = new AbortController();
    cluster.before = ({ verb, plural }) =>
      plural === "horizontalpodautoscalers" && verb === "patch" ? clock.sleep(10_000, signal) : undefined;
    const writer = new Fence({ cluster: cluster.client(), clock, fence: 1, check: () => undefined });
    const options = { cluster: cluster.client(), writer, namespace, service: "atom", held: [] };
    const autoscalers = new SlotAutoscalers({ ...options, save: () => Promise.resolve() });
    const slots = {
      look: () => Promise.reject(new Error("nobody looks")),
      count: () => Promise.reject(new Error("nobody counts")),
      scale: (slot: SlotName, replicas: number | "full") => {
        world.scale(slot, Number(replicas));
        return Promise.resolve();
      },
    };
    const said: string[] = [];
    const scaled = new AutoscaledSlots(slots, autoscalers, 2, (note) => said.push(note)).scale("green", 6, signal);
    assert.equal(world.replicas("green"), 6);
    await clock.pass(9_000);
    assert.equal(minimum(world, "green"), 2);
    await clock.settle(scaled);
    assert.deepEqual([minimum(world, "green"), said], [6, []]);
  });

  it("get their minima back after a rollback as well", async () => {
    const world = autoscaled(8);
    world.errors.candidate = 1;
    assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "rolled-back");
    assert.deepEqual([minimum(world, "blue"), minimum(world, "green")], [2, 2]);
  });

  it("keep what a person has set during the release, which is told", async () => {
    const world = autoscaled(8);
    const end = await during(world, "measuring", 50, () => {
      setMinimum(world, "blue", 5);
      setMinimum(world, "green", 3);
    });
    assert.equal(end, "released");
    assert.deepEqual([minimum(world, "blue"), minimum(world, "green")], [5, 3]);
    const told = [...notes(world), ...world.troubles].filter((note) => note.includes("minimum"));
    assert.deepEqual(told.toSorted(), [
      "HorizontalPodAutoscaler atom-blue keeps the minimum 5 that it was given during the release (before: 2)",
      "HorizontalPodAutoscaler atom-green keeps the minimum 3 that it was given during the release (before: 2)",
      "the minimum of HorizontalPodAutoscaler atom-blue was changed during the release, to 5, and is left so",
      "the minimum of HorizontalPodAutoscaler atom-green was changed during the release, to 3, and is left so",
    ]);
  });

  it("may get another maximum during the release, which is told once", async () => {
    const world = autoscaled(8);
    const end = await during(world, "measuring", 50, () => {
      setMaximum(world, "blue", 12);
      setMaximum(world, "green", 6);
    });
    assert.equal(end, "released");
    assert.deepEqual(
      [...notes(world), ...world.troubles].filter((note) => note.includes("HorizontalPodAutoscaler")).toSorted(),
      [
        "HorizontalPodAutoscaler atom-green allows at most 6 pods, where 8 are needed: raise that",
        "the maximum of HorizontalPodAutoscaler atom-blue was changed during the release, from 10 to 12",
        "the maximum of HorizontalPodAutoscaler atom-green was changed during the release, from 10 to 6",
      ],
    );
    assert.deepEqual([minimum(world, "blue"), minimum(world, "green")], [2, 2]);
  });

  it("whose maximum is changed after their minimum was raised last are told of at the end, as after a kill", async () => {
    const world = autoscaled(8);
    const first = world.releaser();
    void first.release().catch(() => undefined);
    while (world.ledger.current?.state.phase !== "soaking") await world.clock.pass(250);
    first.kill();
    setMaximum(world, "blue", 9);
    assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "released");
    assert.deepEqual(
      notes(world).filter((note) => note.includes("maximum")),
      ["the maximum of HorizontalPodAutoscaler atom-blue was changed during the release, from 10 to 9"],
    );
  });

  it("are no longer on the release's record once they are given back, save what could not be", async () => {
    const world = autoscaled(8);
    assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "released");
    assert.equal(world.ledger.releases[0]?.minima, undefined);

    const refused = autoscaled(8);
    const end = await during(refused, "soaking", 100, () => {
      refused.cluster.before = ({ verb, plural, name }) => {
        if (plural === "horizontalpodautoscalers" && verb === "patch" && name === "atom-blue")
          throw new InvalidError({ verb: "patch", target: name, status: 422 }, "denied by policy");
      };
    });
    assert.equal(end, "released");
    assert.deepEqual(refused.ledger.releases[0]?.minima, [
      { kind: "HorizontalPodAutoscaler", name: "atom-blue", before: 2, maximum: 10, set: [8] },
    ]);
  });

  it("that are given back say so also where another one is given back only at the second try", async () => {
    const world = autoscaled(8);
    const end = await during(world, "soaking", 100, () => {
      setMinimum(world, "blue", 5);
      let isFirst = true;
      world.cluster.before = ({ plural, name, verb }) => {
        if (plural !== "horizontalpodautoscalers" || verb !== "patch" || name !== "atom-green" || !isFirst) return;
        isFirst = false;
        throw new ClusterError({ verb, target: name, status: 500 }, "no leader");
      };
    });
    assert.equal(end, "released");
    assert.ok(
      notes(world).includes(
        "HorizontalPodAutoscaler atom-blue keeps the minimum 5 that it was given during the release (before: 2)",
      ),
    );
    assert.deepEqual([minimum(world, "blue"), minimum(world, "green")], [5, 2]);
  });

  it("are raised up to their maximum and no further, which is told", async () => {
    const world = autoscaled(8, 6);
    assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "released");
    assert.ok(
      notes(world).includes("HorizontalPodAutoscaler atom-blue allows at most 6 pods, where 8 are needed: raise that"),
    );
    assert.deepEqual(
      raised(world).map(({ name, set }) => [name, set]),
      [
        ["atom-blue", [6]],
        ["atom-green", [4, 6]],
      ],
    );
    assert.deepEqual([minimum(world, "blue"), minimum(world, "green")], [2, 2]);
  });

  it("say nothing of a minimum again where they said nothing before", async () => {
    const world = autoscaled(8);
    putAutoscaler(world, "blue", undefined, 10);
    assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "released");
    assert.equal(raised(world).find(({ name }) => name === "atom-blue")?.before, null);
    assert.equal(minimum(world, "blue"), undefined);
  });

  it("may be made during the release, and deleted: what is there is held, and what is gone is forgotten", async () => {
    const world = new World(releasePlan({ steps, soak: 5_000, gate: { every: 2_000 } }));
    world.scale("blue", 8);
    putAutoscaler(world, "blue", 2, 10);
    const name = { namespace, name: "atom-blue" };
    const end = await during(world, "measuring", 50, () => {
      void world.cluster.client("anna").delete(horizontalPodAutoscalers, name);
      putAutoscaler(world, "green", 2, 10);
    });
    assert.equal(end, "released");
    assert.throws(() => world.cluster.peek(horizontalPodAutoscalers, name));
    assert.equal(minimum(world, "green"), 2);
    assert.deepEqual(
      raised(world).map((each) => [each.name, each.set]),
      [
        ["atom-blue", [8]],
        ["atom-green", [8]],
      ],
    );
  });

  it("may be KEDA's, by its fields, and then the autoscaler that KEDA makes is left to it", async () => {
    const world = new World(releasePlan({ steps, soak: 5_000, gate: { every: 2_000 } }));
    world.scale("blue", 8);
    const metadata = { namespace, name: "checkout" };
    world.cluster.put(scaledObjects, { metadata, spec: { scaleTargetRef: { name: "atom-blue" } } });
    world.cluster.put(horizontalPodAutoscalers, {
      metadata: { namespace, name: "keda-hpa-checkout", ownerReferences: [{ kind: "ScaledObject" }] },
      spec: { scaleTargetRef: { kind: "Deployment", name: "atom-blue" }, minReplicas: 1, maxReplicas: 100 },
    });
    assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "released");
    assert.deepEqual(raised(world), [{ kind: "ScaledObject", name: "checkout", before: null, maximum: 100, set: [8] }]);
    assert.equal(world.cluster.peek(scaledObjects, metadata).spec?.minReplicaCount, undefined);
    const keda = world.cluster.writes.filter(({ name }) => name === "keda-hpa-checkout");
    assert.deepEqual(keda, []);
  });

  /** One of KEDA's for each slot, with these fields. */
  function putScaledObjects(world: World, fields: NonNullable<ScaledObject["spec"]>): void {
    for (const slot of slotNames)
      world.cluster.put(scaledObjects, {
        metadata: { namespace, name: slotName("atom", slot) },
        spec: { scaleTargetRef: { name: slotName("atom", slot) }, ...fields },
      });
  }

  function kedaMinima(world: World): readonly (number | undefined)[] {
    return slotNames.map(
      (slot) => world.cluster.peek(scaledObjects, { namespace, name: slotName("atom", slot) }).spec?.minReplicaCount,
    );
  }

  const kedaRelease = (): World => {
    const world = new World(releasePlan({ steps, soak: 5_000, gate: { every: 2_000 } }));
    world.scale("blue", 8);
    return world;
  };

  for (const minReplicaCount of [0, 2])
    it(`of KEDA get a minimum of ${minReplicaCount} back, and are raised to what HorizontalPodAutoscalers are`, async () => {
      const world = kedaRelease();
      putScaledObjects(world, { minReplicaCount, maxReplicaCount: 10 });
      const end = await during(world, "soaking", 100, () => {
        assert.deepEqual(kedaMinima(world), [8, 8]);
      });
      assert.equal(end, "released");
      assert.deepEqual(kedaMinima(world), [minReplicaCount, minReplicaCount]);
      assert.deepEqual(
        raised(world).map(({ kind, before, set }) => [kind, before, set]),
        [
          ["ScaledObject", minReplicaCount, [8]],
          ["ScaledObject", minReplicaCount, [4, 8]],
        ],
      );
    });

  it("of KEDA are raised up to their maxReplicaCount, or to KEDA's own where they have none", async () => {
    const world = kedaRelease();
    putScaledObjects(world, { minReplicaCount: 2, maxReplicaCount: 6 });
    assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "released");
    assert.deepEqual(
      [...notes(world), ...world.troubles].filter((note) => note.includes("allows at most")).toSorted(),
      ["blue", "green"].map(
        (slot) => `ScaledObject atom-${slot} allows at most 6 pods, where 8 are needed: raise that`,
      ),
    );
    const many = kedaRelease();
    many.scale("blue", 101);
    putScaledObjects(many, { minReplicaCount: 2 });
    const end = await during(many, "measuring", 50, () => {
      assert.deepEqual(kedaMinima(many), [100, 51]);
    });
    assert.equal(end, "released");
    assert.deepEqual(kedaMinima(many), [2, 2]);
  });

  it("of KEDA that scale something else of the same name, or a third Deployment, are left as they are", async () => {
    const world = kedaRelease();
    const others = [
      {
        metadata: { namespace, name: "database" },
        spec: { scaleTargetRef: { kind: "StatefulSet", name: "atom-blue" } },
      },
      { metadata: { namespace, name: "worker" }, spec: { scaleTargetRef: { name: "atom-worker" } } },
    ];
    for (const other of others)
      world.cluster.put(scaledObjects, { ...other, spec: { ...other.spec, minReplicaCount: 1 } });
    assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "released");
    assert.deepEqual(raised(world), []);
    assert.deepEqual(
      world.cluster.writes.filter(({ name }) => name === "database" || name === "worker"),
      [],
    );
  });

  it("of KEDA may be made during the release, and deleted, and keep what a person has set", async () => {
    const world = kedaRelease();
    const name = { namespace, name: "atom-green" };
    putScaledObjects(world, { minReplicaCount: 2, maxReplicaCount: 10 });
    await world.cluster.client("anna").delete(scaledObjects, name);
    const end = await during(world, "measuring", 50, () => {
      void world.cluster.client("anna").delete(scaledObjects, { namespace, name: "atom-blue" });
      world.cluster.put(scaledObjects, {
        metadata: name,
        spec: { scaleTargetRef: { name: "atom-green" }, minReplicaCount: 1, maxReplicaCount: 10 },
      });
    });
    assert.equal(end, "released");
    assert.equal(world.cluster.peek(scaledObjects, name).spec?.minReplicaCount, 1);
    const third = kedaRelease();
    putScaledObjects(third, { minReplicaCount: 2, maxReplicaCount: 10 });
    const kept = await during(third, "measuring", 100, () => {
      putScaledObjects(third, { minReplicaCount: 5, maxReplicaCount: 10 });
    });
    assert.equal(kept, "released");
    assert.deepEqual(kedaMinima(third), [5, 5]);
  });

  it("that may not be seen to, or are of a kind that the cluster does not have, keep no release from its end", async () => {
    const world = autoscaled(4);
    world.cluster.before = ({ plural, verb }) => {
      const target = { verb, target: plural };
      if (plural === "scaledobjects") throw new NotFoundError({ ...target, status: 404 }, "no such kind");
      if (plural === "horizontalpodautoscalers") throw new ForbiddenError({ ...target, status: 403 }, "forbidden");
    };
    assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "released");
    assert.equal(notes(world).filter((note) => note.startsWith("this account may not list")).length, 1);
  });

  it("that may be listed and not changed keep no release from its end either, which is told once for each", async () => {
    const world = autoscaled(8);
    world.cluster.before = ({ verb, plural }) => {
      if (plural === "horizontalpodautoscalers" && verb !== "list")
        throw new ForbiddenError({ verb, target: plural, status: 403 }, "forbidden");
    };
    assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "released");
    const told = [...notes(world), ...world.troubles].filter((note) => note.startsWith("this account may not change"));
    for (const name of ["atom-blue", "atom-green"])
      assert.equal(told.filter((note) => note.includes(`HorizontalPodAutoscaler ${name},`)).length, 1, name);
    assert.equal(world.ledger.releases[0]?.minima, undefined);
  });

  it("that an admission policy refuses (422) are told as well, and keep no other from being raised and given back", async () => {
    const world = autoscaled(8);
    const deny = ({ verb, plural, name }: { verb: string; plural: string; name: string }): void => {
      if (plural === "horizontalpodautoscalers" && verb === "patch" && name === "atom-blue")
        throw new InvalidError({ verb: "patch", target: name, status: 422 }, "denied by policy");
    };
    world.cluster.before = deny;
    const start = world.clock.monotonic();
    const end = await during(world, "measuring", 50, () => {
      assert.deepEqual([minimum(world, "blue"), minimum(world, "green")], [2, 4]);
    });
    assert.equal(end, "released");
    assert.ok(world.clock.monotonic() - start < 60_000, "nobody waits for what is refused");
    assert.ok(
      [...notes(world), ...world.troubles].includes(
        "the minimum of HorizontalPodAutoscaler atom-blue, which may take pods away that the release needs, cannot be 8: patch atom-blue: denied by policy",
      ),
    );
    assert.deepEqual([minimum(world, "blue"), minimum(world, "green")], [2, 2]);

    const later = autoscaled(8);
    const phase = await during(later, "soaking", 100, () => {
      later.cluster.before = deny;
    });
    assert.equal(phase, "released");
    const kept =
      "HorizontalPodAutoscaler atom-blue keeps its minimum: patch atom-blue: denied by policy; it was 2 before";
    assert.ok(notes(later).includes(kept), notes(later).join("\n"));
    assert.deepEqual([minimum(later, "blue"), minimum(later, "green")], [8, 2]);
  });

  it("whose rights go during the release are told of at its end, and keep none from it", async () => {
    const world = autoscaled(8);
    const phase = await during(world, "soaking", 100, () => {
      world.cluster.before = ({ verb, plural }) => {
        if (plural === "horizontalpodautoscalers" && verb !== "list")
          throw new ForbiddenError({ verb, target: plural, status: 403 }, "forbidden");
      };
    });
    assert.equal(phase, "released");
    const told = notes(world).filter((note) => note.includes("keeps its minimum: this account may not change it"));
    assert.equal(told.length, 2);
    assert.match(told[0] ?? "", /it was 2 before/);
  });

  it("have the minima that they had, whatever kills the releasers, and whenever", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        fc.boolean(),
        async (kills, isBad, isLost) => {
          const world = autoscaled(6);
          world.errors.candidate = isBad ? 1 : 0;
          for (const calls of kills) {
            const releaser = world.releaser();
            let made = 0;
            const kill = (by: string): void => {
              if (by === releaser.holder && (made += 1) === calls) releaser.kill();
            };
            // Before it is served, or once it was, so that its answer is lost.
            world.cluster.before = ({ by }) => {
              if (!isLost) kill(by);
            };
            world.cluster.after = ({ by }) => {
              if (isLost) kill(by);
            };
            void releaser.release().catch(() => undefined);
            await world.clock.pass(40_000);
          }
          if (world.ledger.current !== null || world.ledger.releases.length === 0)
            await world.clock.settle(world.releaser().release());
          assert.equal(world.ledger.current, null);
          assert.deepEqual([minimum(world, "blue"), minimum(world, "green")], [2, 2]);
        },
      ),
      { numRuns: 25 },
    );
  });
});
