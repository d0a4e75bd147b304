import assert from "node:assert/strict";
import { PodsNotReadyError, type Split } from "../../../delivery/release/ports.ts";
import { releasePlan } from "../support/plans.ts";
import type { Releaser } from "./releaser.ts";
import { World } from "./world.ts";

/** Releases with a router that does not set some weights. */
function releaseRefusing(
  releaser: Releaser,
  why: (split: Split) => Error | undefined,
): ReturnType<Releaser["release"]> {
  return releaser.release(
    {},
    {
      adapters: (tools) => {
        const adapters = releaser.adapters(tools);
        const shift = async (split: Split, signal: AbortSignal): Promise<void> => {
          const refusal = why(split);
          if (refusal !== undefined) throw refusal;
          await adapters.router.shift(split, signal);
        };
        return { ...adapters, router: { ...adapters.router, shift } };
      },
    },
  );
}

const notReady = new PodsNotReadyError(
  "atom-green has 0 ready pods after 120 s where 1 are due for 50 % of the traffic",
);

describe("a release whose router makes pods ready first", () => {
  it("goes back for a candidate that does not get the pods for a share, and is not blamed for that: none of them crashed", async () => {
    const world = new World();
    const ended = releaseRefusing(world.releaser(), ({ percent }) => (percent === 50 ? notReady : undefined));
    const { state } = await world.clock.settle(ended);
    assert.deepEqual(
      [state.phase, state.cause],
      ["rolled-back", { reason: "pods_unavailable", detail: notReady.message }],
    );
    assert.deepEqual(world.shares, [0, 10, 0]);
    assert.deepEqual(world.ledger.quarantine, []);
  });

  it("does so as well when a weight has to be set anew while it is confirmed", async () => {
    const world = new World();
    world.confirms = "contradicted";
    const ended = releaseRefusing(world.releaser(), ({ percent }) =>
      percent > 0 && world.percent > 0 ? notReady : undefined,
    );
    await world.clock.pass(20_000);
    world.confirms = "confirmed";
    assert.equal((await world.clock.settle(ended)).state.cause?.reason, "pods_unavailable");
  });

  for (const [error, reason] of [
    [notReady, "pods_unavailable"],
    [new Error("the routes are not as this project builds them"), "internal_error"],
  ] as const)
    it(`goes back all the way when the weight to hold at cannot be had (${reason}), instead of trying for ever`, async () => {
      const hold = { errorRate: { max: 0.001, policy: "hold" }, latency: { seconds: 0.2, policy: "hold" } } as const;
      const world = new World(releasePlan({ thresholds: hold }));
      const ended = releaseRefusing(world.releaser(), ({ percent }) =>
        percent === 10 && world.percent === 50 ? error : undefined,
      );
      await world.clock.pass(30_000);
      assert.equal(world.percent, 50);
      world.errors.candidate = 0.2;
      const { state } = await world.clock.settle(ended);
      assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", reason]);
      assert.deepEqual(world.shares, [0, 10, 50, 0]);
    });
});

describe("the route for requests with x-canary", () => {
  it("is there with the smoke test, leads to the candidate, and goes before the old slot's pods do", async () => {
    const world = new World();
    const left: unknown[] = [];
    world.cluster.after = ({ plural, verb }) => {
      if (plural === "deployments" && verb === "patch" && world.replicas("blue") === 0) left.push(world.canary);
    };
    assert.equal(world.canary, undefined);
    const ended = world.releaser().release();
    await until(world, () => world.ledger.current?.state.phase === "soaking");
    assert.equal(world.canary, "green");
    const { state } = await world.clock.settle(ended);
    assert.deepEqual([state.phase, world.smoked, world.canary, left], ["released", ["green"], undefined, [undefined]]);
  });

  it("goes with the weights, in the one patch of a rollback", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await until(world, () => world.percent === 50);
    const patches: unknown[] = [];
    world.cluster.after = ({ plural, verb }) => {
      if (plural === "virtualservices" && verb === "patch") patches.push([world.percent, world.canary]);
    };
    world.errors.candidate = 0.5;
    assert.equal((await world.clock.settle(ended)).state.phase, "rolled-back");
    assert.deepEqual(patches, [[0, undefined]]);
  });

  it("goes too where a smoke test failed, where users take the release back, and where another one supersedes it", async () => {
    const broken = new World();
    broken.smokePasses = { candidate: false, public: true };
    assert.equal((await broken.clock.settle(broken.releaser().release())).state.phase, "rolled-back");
    const aborted = new World();
    const releaser = aborted.releaser();
    const ended = releaser.release();
    await until(aborted, () => aborted.percent === 10);
    releaser.abort();
    assert.equal((await aborted.clock.settle(ended)).state.phase, "aborted");
    const superseded = new World();
    const changed = superseded.releaser().release();
    await until(superseded, () => superseded.percent === 10);
    superseded.setEnv("green", "unreviewed");
    assert.equal((await superseded.clock.settle(changed)).state.cause?.reason, "superseded");
    for (const world of [broken, aborted, superseded])
      assert.deepEqual([world.smoked, world.canary, world.percent], [["green"], undefined, 0]);
  });

  it("stays with a release that is held without traffic: what it holds can be looked at", async () => {
    const hold = { errorRate: { max: 0.001, policy: "hold" }, latency: { seconds: 0.2, policy: "hold" } } as const;
    const world = new World(releasePlan({ thresholds: hold }));
    const releaser = world.releaser();
    void releaser.release().catch(() => undefined);
    await until(world, () => world.percent === 10);
    world.errors.candidate = 0.5;
    await until(world, () => world.ledger.current?.state.phase === "held");
    assert.deepEqual([world.percent, world.canary], [0, "green"]);
    releaser.kill();
  });

  it("is not brought back where weights are put back after a rollback, by a releaser that took over", async () => {
    const world = new World();
    const first = world.releaser();
    void first.release().catch(() => undefined);
    await until(world, () => world.percent === 10);
    world.errors.candidate = 0.5;
    world.cluster.after = ({ plural }) => {
      if (plural === "configmaps" && world.ledger.current?.state.phase === "quarantining") first.kill();
    };
    await until(world, () => world.ledger.current?.state.phase === "quarantining");
    let moved = false;
    world.cluster.after = ({ plural, verb }) => {
      if (moved || plural !== "configmaps" || verb !== "patch") return;
      if (world.ledger.current?.state.phase !== "scaling-down") return;
      moved = true;
      world.setWeight(30);
    };
    const { state } = await world.clock.settle(world.releaser().release());
    assert.deepEqual([state.phase, moved, world.percent, world.canary], ["rolled-back", true, 0, undefined]);
  });

  it("by which requests reach somebody else rolls the release back, and quarantines nothing", async () => {
    const world = new World();
    world.strays = true;
    const { state } = await world.clock.settle(world.releaser().release());
    assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", "shift_not_confirmed"]);
    assert.deepEqual([world.ledger.quarantine, world.shares, world.canary], [[], [0], undefined]);
  });
});

/** Lets time pass until something is so. */
async function until(world: World, condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 250) {
    assert.ok(waited < 600_000, "it does not come to that");
    await world.clock.pass(250);
  }
}
