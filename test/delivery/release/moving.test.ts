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

describe("the guests' way in", () => {
  it("leads to the candidate before its smoke test, and to the other slot once the candidate is what serves", async () => {
    const world = new World();
    const asked: unknown[] = [];
    const releaser = world.releaser();
    const { state } = await world.clock.settle(
      releaser.release(
        {},
        {
          adapters: (tools, subject) => {
            const adapters = releaser.adapters(tools, subject);
            const { router, smoke } = adapters;
            return {
              ...adapters,
              router: {
                ...router,
                shift: (split, signal) => {
                  asked.push(split);
                  return router.shift(split, signal);
                },
              },
              smoke: {
                run: (through, signal) => {
                  asked.push(`smoke: ${through}`);
                  return smoke.run(through, signal);
                },
              },
            };
          },
        },
      ),
    );
    assert.equal(state.phase, "released");
    assert.deepEqual(asked.slice(0, 2), [{ active: "blue", candidate: "green", percent: 0 }, "smoke: candidate"]);
    assert.deepEqual(asked.slice(-2), ["smoke: public", { active: "green", candidate: "blue", percent: 0 }]);
  });
});
