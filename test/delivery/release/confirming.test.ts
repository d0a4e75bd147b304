import assert from "node:assert/strict";
import { Fence } from "../../../delivery/cluster/fence.ts";
import type { ServedReading, ServedRequests } from "../../../delivery/guard/served.ts";
import type { Router } from "../../../delivery/release/ports.ts";
import { IstioRouter } from "../../../delivery/router/istio.ts";
import { releasePlan } from "../support/plans.ts";
import type { Releaser } from "./releaser.ts";
import { World } from "./world.ts";

/** What the pods of both slots served, each time somebody asks. */
class Served implements ServedRequests {
  readonly #world: World;
  readonly #readings: ServedReading[] = [];
  /** Whether the pods answer. */
  readable = true;

  constructor(world: World) {
    this.#world = world;
  }

  servedSince(_split: unknown, since: number): Promise<readonly ServedReading[]> {
    const { at, candidate, active } = this.#world.counters();
    const reading = { at, candidate: Math.floor(candidate.requests), active: Math.floor(active.requests) };
    if (this.readable) this.#readings.push(reading);
    return Promise.resolve(this.#readings.filter((one) => one.at >= since));
  }
}

/** Releases with the Istio router's own eyes. `shift`: what becomes of a weight that is set. */
function release(releaser: Releaser, served: Served, shift?: Router["shift"]): ReturnType<Releaser["release"]> {
  const adapters: Parameters<Releaser["release"]>[1] = {
    adapters: (tools) => {
      const inWorld = releaser.adapters(tools);
      const istio = new IstioRouter({
        writer: new Fence({ cluster: tools.cluster, clock: tools.clock, fence: 0, check: () => undefined }),
        namespace: "atom-staging",
        http: { service: "atom", port: 8000, timeout: 30_000, retries: { attempts: 0, perTryTimeout: 0, on: [] } },
        shares: [10, 50, 100],
        served,
      });
      const confirm = istio.confirm.bind(istio);
      return {
        ...inWorld,
        router: { ...inWorld.router, shift: shift ?? inWorld.router.shift.bind(inWorld.router), confirm },
      };
    },
    // What is asked for in vain is not to be taken for a weight that somebody else has set.
    ...(shift === undefined ? {} : { judged: () => [] }),
  };
  return releaser.release({}, adapters);
}

describe("a weight, as the pods' requests show it", () => {
  it("is confirmed, and says by what share of how many requests", async () => {
    const world = new World();
    const end = await world.clock.settle(release(world.releaser(), new Served(world)));
    assert.equal(end.state.phase, "released");
    const confirmed = world.journal.filter(({ event }) => event === "confirmed");
    assert.equal(confirmed.length, 3);
    assert.match(confirmed[0]?.detail ?? "", /^the candidate took \d+\.\d % of \d+ requests$/);
    assert.deepEqual(world.shares, [0, 10, 50, 100]);
  });

  for (const [policy, phase, event] of [
    ["rollback", "rolled-back", "failed"],
    ["hold", "held", "held"],
    ["warn", "released", "unconfirmed"],
  ] as const)
    it(`that is contradicted for the whole deadline is followed by the policy: ${policy}`, async () => {
      const policies = { unconfirmedShift: policy, noData: { policy: "warn", deadline: 0 } } as const;
      const world = new World(releasePlan({ policies, deadlines: { hold: 1_000 } }));
      const ignored = (): Promise<void> => Promise.resolve();
      const { state } = await world.clock.settle(release(world.releaser(), new Served(world), ignored));
      assert.equal(state.phase, phase);
      if (policy !== "warn") assert.equal(state.cause?.reason, "shift_not_confirmed");
      const line = world.journal.find((one) => one.event === event);
      assert.match(
        line?.detail ?? "",
        /^10 % was not in effect after 30 s: the candidate took 0\.0 % of \d+ requests where 10 % are due$/,
      );
    });

  it("is left unconfirmed, and is no failure, where too few requests can tell it from another", async () => {
    const policies = { noData: { policy: "warn", deadline: 0 } } as const;
    const world = new World(releasePlan({ policies, deadlines: { confirm: 10_000 } }));
    world.requestsPerSecond = 2;
    const { state } = await world.clock.settle(release(world.releaser(), new Served(world)));
    assert.equal(state.phase, "released");
    const unconfirmed = world.journal.find(({ event }) => event === "unconfirmed");
    assert.match(
      unconfirmed?.detail ?? "",
      /^the candidate took \d+\.\d % of \d+ requests: too few to tell 10 % from 0 % or 50 % or 100 %$/,
    );
  });

  it("is left unconfirmed, and is no failure, where the pods' counters cannot be read for the whole deadline", async () => {
    const world = new World();
    const served = new Served(world);
    served.readable = false;
    const { state } = await world.clock.settle(release(world.releaser(), served));
    assert.equal(state.phase, "released");
    const unconfirmed = world.journal.filter(({ event }) => event === "unconfirmed");
    assert.deepEqual(
      new Set(unconfirmed.map(({ detail }) => detail)),
      new Set(["the pods' counters were not read since the change"]),
    );
    assert.equal(unconfirmed.length, 3);
  });
});
