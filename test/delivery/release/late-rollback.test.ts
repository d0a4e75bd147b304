// A rollback that users ask for once the soak is over, while the release takes the old slot's pods away.
import assert from "node:assert/strict";
import { ForbiddenError } from "../../../delivery/cluster/errors.ts";
import { servingAfterRollback } from "../../../delivery/report/serving.ts";
import { releasePlan } from "../support/plans.ts";
import { World } from "./world.ts";

/** Killed when all users were on green for the whole soak and blue still has its pods; then one of green's pods goes. */
async function finishing(): Promise<World> {
  const world = new World(releasePlan({ steps: [{ percent: 100, wait: 1_000 }], soak: 1_000, gate: { every: 500 } }));
  const first = world.releaser();
  world.cluster.after = ({ plural, by }) => {
    if (plural === "configmaps" && by === first.holder && world.events.at(-1) === "soaked") first.kill();
  };
  void first.release();
  while (world.ledger.current?.state.phase !== "finishing") await world.clock.pass(250);
  world.cluster.after = () => undefined;
  world.barren = ["green"];
  world.lose("green", 1);
  world.shares.splice(0, world.shares.length - 1);
  return world;
}

describe("a rollback after the soak of a release that is not over yet", () => {
  it("by abort says that the release is released, and leaves the pods to go back to, within seconds", async () => {
    const world = await finishing();
    const start = world.clock.monotonic();
    const { state } = await world.clock.settle(world.releaser().takeBack("aborted by anna: logins fail"));
    assert.deepEqual([state.phase, state.activeStays], ["released", true]);
    assert.ok(world.clock.monotonic() - start < 5_000);
    assert.deepEqual([world.replicas("blue"), world.percent, world.canary], [2, 100, undefined]);
    const [record] = world.ledger.releases;
    assert.ok(record);
    assert.deepEqual(
      record.journal.slice(-2).map(({ detail }) => detail),
      [
        "aborted by anna: logins fail; that came after the soak: the release ends as released, and the pods that the slot before still has are left",
        "blue keeps the pods that it has, since a rollback was asked for",
      ],
    );
    assert.match(servingAfterRollback(record) ?? "", /^v-b \(green\) serves all traffic: .*atom rollback --now$/);
  });

  it("by --now has the pods that are still there take all traffic, and none of them goes first", async () => {
    const world = await finishing();
    world.startMs = 60_000;
    world.errors = { candidate: 1, active: 0 };
    const start = world.clock.monotonic();
    let fewest = Infinity;
    world.cluster.after = () => {
      if (world.ledger.active === "green" || world.ledger.current?.id === "r1")
        fewest = Math.min(fewest, world.ready("blue"));
    };
    const ended = world.releaser().rollBackNow();
    while (world.shares.length < 3 && world.clock.monotonic() - start < 120_000) await world.clock.pass(250);
    const back = world.clock.monotonic() - start;
    world.errors = { candidate: 0, active: 1 };
    const { id, state } = await world.clock.settle(ended);
    assert.deepEqual([id, state.phase, world.ledger.active, fewest], ["r2", "released", "blue", 2]);
    assert.ok(back < 15_000, `${back} ms`);
  });

  for (const then of ["it can", "users end the process"] as const)
    it(`does nothing before the ledger says that the pods are left, and it cannot be written until ${then}`, async () => {
      const world = await finishing();
      const releaser = world.releaser();
      // Once the new releaser has its number.
      const { fence } = world.ledger;
      let lines = 0;
      world.cluster.before = ({ by, verb, plural }) => {
        const isWrite = by === releaser.holder && verb === "patch" && plural === "configmaps";
        if (!isWrite || world.ledger.fence === fence) return;
        lines += 1;
        throw new ForbiddenError({ verb, target: "ledger", status: 403 }, "no");
      };
      const { canary } = world;
      const back = releaser.takeBack("aborted by anna: logins fail");
      await world.clock.pass(30_000);
      assert.ok(lines > 1);
      assert.deepEqual([world.events.at(-1), world.canary, world.replicas("blue")], ["soaked", canary, 2]);
      if (then === "users end the process") {
        releaser.abort();
        assert.equal((await world.clock.settle(back)).end, "left");
        return;
      }
      world.cluster.before = () => undefined;
      world.cluster.after = ({ by }) => {
        if (by === releaser.holder && world.events.at(-1) === "rollback-too-late") releaser.kill();
      };
      await world.clock.pass(10_000);
      world.barren = [];
      world.start("green");
      const { state } = await world.clock.settle(world.releaser().release());
      assert.deepEqual([state.phase, state.activeStays, world.replicas("blue")], ["released", true, 2]);
    });

  it("that is none, but another release that supersedes this one, takes the pods away as ever", async () => {
    const world = await finishing();
    world.barren = [];
    world.start("green");
    const next = world.releaser().release({ image: "registry.test/atom:c", supersede: "newer" });
    await world.clock.settle(next).catch(() => undefined);
    assert.equal(world.ledger.releases[0]?.state.activeStays, undefined);
    assert.equal(world.replicas("blue"), 0);
  });
});
