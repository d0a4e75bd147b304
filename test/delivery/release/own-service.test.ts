// Which slot the Service of the service's own name selects as a release goes on, and with what weights.
import assert from "node:assert/strict";
import { ForbiddenError } from "../../../delivery/cluster/errors.ts";
import { releasePlan } from "../support/plans.ts";
import { World } from "./world.ts";

const refused = new ForbiddenError({ verb: "patch", target: "services atom", status: 403 }, "not yours");

/** Lets time pass until something is so. */
async function until(world: World, condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 250) {
    assert.ok(waited < 600_000, "it does not come to that");
    await world.clock.pass(250);
  }
}

describe("the Service of the service's own name", () => {
  it("is turned to the candidate once this has all of the traffic, and not before", async () => {
    const world = new World();
    const { state } = await world.clock.settle(world.releaser().release());
    assert.equal(state.phase, "released");
    assert.deepEqual(world.selected, [
      { slot: "blue", percent: 0 },
      { slot: "green", percent: 100 },
    ]);
  });

  it("is turned back after the weights when a release rolls back in its soak", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await until(world, () => world.ledger.current?.state.phase === "soaking");
    world.errors.candidate = 0.5;
    const { state } = await world.clock.settle(ended);
    assert.equal(state.phase, "rolled-back");
    assert.deepEqual(world.selected.slice(1), [
      { slot: "green", percent: 100 },
      { slot: "blue", percent: 0 },
    ]);
  });

  it("stays where it is when a release rolls back before it had all of the traffic", async () => {
    const world = new World();
    world.errors.candidate = 0.5;
    await world.clock.settle(world.releaser().release());
    assert.deepEqual(world.selected, [{ slot: "blue", percent: 0 }]);
  });

  it("goes back with the weights when a release is held below 100 %", async () => {
    const hold = { errorRate: { max: 0.001, policy: "hold" }, latency: { seconds: 0.2, policy: "hold" } } as const;
    const world = new World(releasePlan({ thresholds: hold }));
    const releaser = world.releaser();
    void releaser.release().catch(() => undefined);
    await until(world, () => world.percent === 100 && world.selected.length === 2);
    world.errors.candidate = 0.5;
    await until(world, () => world.ledger.current?.state.phase === "held");
    assert.deepEqual(world.selected.slice(2), [{ slot: "blue", percent: 50 }]);
    releaser.kill();
  });

  it("is turned by the next releaser where one was killed before it could", async () => {
    const world = new World();
    world.serviceRefuses = refused;
    const first = world.releaser();
    void first.release().catch(() => undefined);
    await until(world, () => world.ledger.current?.state.phase === "soaking");
    first.kill();
    world.serviceRefuses = undefined;
    const { state } = await world.clock.settle(world.releaser().release());
    assert.equal(state.phase, "released");
    assert.deepEqual(world.selected.at(-1), { slot: "green", percent: 100 });
  });

  it("that cannot be turned keeps no release from its end, but the old slot its pods, with a line", async () => {
    const world = new World();
    world.serviceRefuses = refused;
    const { state } = await world.clock.settle(world.releaser().release());
    assert.equal(state.phase, "released");
    assert.equal(world.replicas("blue"), world.plan.replicas);
    assert.match(
      world.journal.at(-1)?.detail ?? "",
      /^blue keeps its pods: the Service atom cannot be turned to green/,
    );
    assert.ok(world.troubles.some((trouble) => trouble.includes("cannot be turned to green")));
  });

  it("that cannot be turned back keeps the candidate's pods after a rollback", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await until(world, () => world.ledger.current?.state.phase === "soaking");
    world.serviceRefuses = refused;
    world.errors.candidate = 0.5;
    const { state } = await world.clock.settle(ended);
    assert.equal(state.phase, "rolled-back");
    assert.equal(world.percent, 0);
    assert.equal(world.replicas("green"), world.plan.replicas);
  });
});
