// A kept version is not staged by an account that could not release it: in an environment whose role an earlier version declared.
import assert from "node:assert/strict";
import { ForbiddenError } from "../../../delivery/cluster/errors.ts";
import { stageKept } from "../../../delivery/release/kept.ts";
import { ReleaseRefusedError } from "../../../delivery/release/opening.ts";
import type { Call } from "../support/memory-cluster.ts";
import { releasePlan } from "../support/plans.ts";
import { World } from "./world.ts";

const plan = releasePlan({ steps: [{ percent: 100, wait: 1_000 }], soak: 1_000 });
const request = { rollback: "logins fail" };
const prepare = stageKept(undefined);

/** Blue served before green does; from now on these calls are refused. */
async function released(isRefused: (call: Call) => boolean): Promise<World> {
  const world = new World(plan);
  assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "released");
  world.cluster.before = (call) => {
    if (isRefused(call))
      throw new ForbiddenError({ verb: call.verb, target: `${call.plural} ${call.name}`, status: 403 }, "not yours");
  };
  return world;
}

describe("a rollback by a canary", () => {
  for (const [what, isRefused, line] of [
    [
      "read the slots' Services",
      ({ plural, verb }: Call) => plural === "services" && verb === "get",
      /\n {2}get services atom-blue: not yours\n/,
    ],
    [
      "watch",
      ({ plural, verb }: Call) => plural === "deployments" && verb === "watch",
      /\n {2}watch deployments atom-blue: not yours\n/,
    ],
  ] as const)
    it(`is refused before anything is staged where the account may not ${what}, with what to do next`, async () => {
      const world = await released(isRefused);
      const refused = world.releaser().release(request, { prepare });
      await assert.rejects(world.clock.settle(refused), (error: unknown) => {
        assert.ok(error instanceof ReleaseRefusedError);
        assert.equal(error.refusal, "not_allowed");
        assert.match(error.message, line);
        assert.match(error.message, /npm run up declares it as it is needed.*`atom rollback --now` does without/);
        return true;
      });
      assert.equal(world.ledger.current, null);
      assert.deepEqual([world.replicas("blue"), world.percent], [0, 100], "nothing was staged or moved");
    });

  it("is released where an admission webhook refuses to have the service's own Service changed", async () => {
    const world = await released(
      ({ plural, verb, name }) => plural === "services" && verb === "patch" && name === "atom",
    );
    const { state } = await world.clock.settle(world.releaser().release(request, { prepare }));
    assert.equal(state.phase, "released");
  });

  it("is released where watches are cut off at that moment, which is no refusal", async () => {
    const world = await released(() => false);
    world.cluster.after = ({ verb }) => {
      if (verb === "list") world.cluster.cutWatches();
    };
    const back = world.releaser().release(request, { prepare });
    await world.clock.pass(1_000);
    world.cluster.after = () => undefined;
    assert.equal((await world.clock.settle(back)).state.phase, "released");
  });
});
