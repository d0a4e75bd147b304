// What is merely said of a release does not decide it, whatever becomes of the line in the journal.
import assert from "node:assert/strict";
import { ForbiddenError } from "../../../delivery/cluster/errors.ts";
import { releasePlan } from "../support/plans.ts";
import { World } from "./world.ts";

function slowPlan(changes: Parameters<typeof releasePlan>[0] = {}): ReturnType<typeof releasePlan> {
  return releasePlan({
    steps: [
      { percent: 10, wait: 30_000 },
      { pause: "approval", deadline: 600_000 },
      { percent: 100, wait: 30_000 },
    ],
    soak: 30_000,
    ...changes,
  });
}

const hold = { errorRate: { max: 0.001, policy: "hold" }, latency: { seconds: 0.2, policy: "hold" } } as const;

async function until(world: World, phase: string): Promise<void> {
  for (let waited = 0; world.ledger.current?.state.phase !== phase; waited += 500) {
    assert.ok(waited < 600_000, `it does not come to ${phase}`);
    await world.clock.pass(500);
  }
}

/** From now on the ledger cannot be written. Resolves to what ends that. */
function lockLedger(world: World): () => void {
  world.cluster.before = ({ verb, plural }) => {
    if (verb === "patch" && plural === "configmaps")
      throw new ForbiddenError({ verb, target: "ledger", status: 403 }, "no");
  };
  return () => {
    world.cluster.before = () => undefined;
  };
}

function disrupt(world: World, pod: string): void {
  world.signals = [...world.signals, { kind: "disrupted", pod, detail: "evicted" }];
}

describe("a note of a release", () => {
  for (const phase of ["measuring", "awaiting-approval", "soaking"])
    it(`that cannot be journalled while it is ${phase} goes with the next line, and the release goes on`, async () => {
      const world = new World(slowPlan());
      const ended = world.releaser().release();
      if (phase === "soaking") {
        await until(world, "awaiting-approval");
        await world.clock.settle(world.releaser().ask({ kind: "approve", by: "anna" }));
      }
      await until(world, phase);
      const unlock = lockLedger(world);
      disrupt(world, "atom-green-1");
      await world.clock.pass(25_000);
      assert.equal(world.events.includes("noted"), false);
      unlock();
      if (phase !== "soaking") {
        await until(world, "awaiting-approval");
        await world.clock.settle(world.releaser().ask({ kind: "approve", by: "anna" }));
      }
      const { state } = await world.clock.settle(ended);
      assert.equal(state.phase, "released");
      assert.deepEqual(world.shares, [0, 10, 100]);
      assert.equal(world.events.filter((event) => event === "noted").length, 1);
      assert.deepEqual(
        world.journal.map(({ seq }) => seq),
        world.journal.map((_, index) => index + 1),
      );
    });

  it("that cannot be journalled decides nothing of a release that is held", async () => {
    const world = new World(slowPlan({ thresholds: hold }));
    const ended = world.releaser().release();
    await until(world, "awaiting-approval");
    await world.clock.settle(world.releaser().ask({ kind: "approve", by: "anna" }));
    await until(world, "measuring");
    world.errors.candidate = 0.5;
    await until(world, "held");
    assert.equal(world.percent, 10);
    const unlock = lockLedger(world);
    disrupt(world, "atom-green-1");
    await world.clock.pass(25_000);
    unlock();
    assert.deepEqual([world.ledger.current?.state.phase, world.percent], ["held", 10]);
    await world.clock.settle(world.releaser().takeBack("enough"));
    await assert.rejects(world.clock.settle(ended), { name: "LeaseLostError" });
  });

  it("that cannot be journalled while it is finishing, or taken over then, leaves it to its end", async () => {
    for (const isKilled of [false, true]) {
      const world = new World(releasePlan({ steps: [{ percent: 100, wait: 1_000 }], soak: 1_000 }));
      const first = world.releaser();
      const turning = (releaser: typeof first): ReturnType<typeof first.release> =>
        releaser.release(
          {},
          {
            adapters: (tools, subject) => {
              const made = releaser.adapters(tools, subject);
              return { ...made, router: { ...made.router, selectSlot: () => Promise.resolve(true) } };
            },
          },
        );
      let unlock = (): void => undefined;
      world.cluster.after = ({ plural, by }) => {
        if (plural !== "configmaps" || by !== first.holder || world.events.at(-1) !== "soaked") return;
        world.cluster.after = () => undefined;
        if (isKilled) first.kill();
        else unlock = lockLedger(world);
      };
      let ended = turning(first);
      await until(world, "finishing");
      if (isKilled) {
        const second = world.releaser();
        world.cluster.after = ({ plural, verb, by }) => {
          if (by === second.holder && plural === "deployments" && verb === "patch") unlock = lockLedger(world);
        };
        ended = turning(second);
      }
      await world.clock.pass(40_000);
      world.cluster.after = () => undefined;
      unlock();
      assert.equal((await world.clock.settle(ended)).state.phase, "released");
      assert.equal(world.events.at(-1), "finished");
      assert.equal(world.events.includes("noted"), true);
    }
  });

  it("that the journal has no room for is told, and counted in its next line", async () => {
    const world = new World(slowPlan());
    const ended = world.releaser().release();
    await until(world, "measuring");
    for (let pod = 0; pod < 40; pod += 1) disrupt(world, `atom-green-${pod}`);
    await until(world, "awaiting-approval");
    const told = world.troubles.filter((trouble) => trouble.includes("evicted"));
    const left = 40 - world.events.filter((event) => event === "noted").length;
    assert.equal(left, 10);
    assert.equal(told.length, left);
    assert.match(world.journal.at(-1)?.detail ?? "", / \(10 notes before this left out of the journal\)$/);
    await world.clock.settle(world.releaser().takeBack("enough"));
    await assert.rejects(world.clock.settle(ended), { name: "LeaseLostError" });
  });
});
