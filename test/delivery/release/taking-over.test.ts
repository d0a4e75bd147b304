// What a releaser needs to take a release over from another one, and what becomes of both where it does not get that.
import assert from "node:assert/strict";
import { ledgerKey, ledgerName, leaseName } from "../../../components/names/names.ts";
import { configMaps, deployments, leases, virtualServices } from "../../../delivery/cluster/resources.ts";
import { ForbiddenError, UnreachableError } from "../../../delivery/cluster/errors.ts";
import { fenceAnnotation } from "../../../delivery/cluster/fence.ts";
import type { Call } from "../support/memory-cluster.ts";
import { releasePlan } from "../support/plans.ts";
import { World } from "./world.ts";

const lease = { namespace: "atom-staging", name: leaseName("atom") };
const never = new Promise<void>(() => undefined);

const failures = {
  "is refused": ({ verb, plural }: Call): never => {
    throw new ForbiddenError({ verb, target: plural, status: 403 }, "no");
  },
  "is not answered for": ({ verb, plural }: Call): never => {
    throw new UnreachableError({ verb, target: plural, status: 500 }, "failed calling webhook");
  },
  hangs: () => never,
} as const;

describe("taking a release over", () => {
  for (const [how, fail] of Object.entries(failures)) {
    it(`needs the route alone to roll it back: patching Deployments and Services ${how}`, async () => {
      const world = new World();
      const first = world.releaser().release();
      await world.clock.pass(10_000);
      assert.equal(world.percent, 10);
      world.cluster.before = (call) =>
        call.verb === "patch" && ["deployments", "services"].includes(call.plural) ? fail(call) : undefined;
      const start = world.clock.monotonic();
      const second = world.releaser().takeBack("customers report errors");
      await world.clock.pass(3_000);
      assert.equal(world.percent, 0);
      await assert.rejects(world.clock.settle(first), { name: "LeaseLostError", how: "taken" });
      world.cluster.before = () => undefined;
      assert.equal((await world.clock.settle(second)).state.phase, "aborted");
      assert.ok(world.clock.monotonic() - start < 60_000);
      for (const slot of ["blue", "green"])
        assert.equal(world.troubles.filter((told) => told.includes(`deployments atom-${slot} `)).length, 1);
    });

    it(`by force leaves the other releaser at work where patching the route ${how}`, async () => {
      for (const target of ["virtualservices", "configmaps"]) {
        const world = new World();
        const first = world.releaser().release();
        await world.clock.pass(10_000);
        const second = world.releaser();
        world.cluster.before = (call) =>
          call.by === second.holder && call.verb === "patch" && call.plural === target ? fail(call) : undefined;
        await assert.rejects(world.clock.settle(second.takeBack("customers report errors")));
        assert.equal(world.percent, 10, "the first one guards it");
        assert.equal((await world.clock.settle(first)).state.phase, "released", target);
      }
    });
  }

  it("of a dead releaser goes on with it where Deployments cannot be patched for a while", async () => {
    const world = new World();
    const first = world.releaser();
    void first.release();
    await world.clock.pass(10_000);
    first.kill();
    world.cluster.before = (call) =>
      call.verb === "patch" && call.plural === "deployments" ? failures["is refused"](call) : undefined;
    const second = world.releaser().release();
    await world.clock.pass(20_000);
    assert.ok(world.events.includes("taken-over"));
    world.cluster.before = () => undefined;
    assert.equal((await world.clock.settle(second)).state.phase, "released");
  });

  it("tries again where the route, which could be patched a moment ago, no longer can for a while", async () => {
    const world = new World();
    const first = world.releaser().release();
    await world.clock.pass(10_000);
    const second = world.releaser();
    let patches = 0;
    const away = world.clock.monotonic() + 30_000;
    world.cluster.before = (call) => {
      if (call.plural !== "virtualservices" || call.verb !== "patch") return;
      if ((patches += 1) > 1 && world.clock.monotonic() < away) failures["is not answered for"](call);
    };
    const back = second.takeBack("customers report errors");
    await assert.rejects(world.clock.settle(first), { name: "LeaseLostError" });
    assert.equal((await world.clock.settle(back)).state.phase, "aborted");
    assert.deepEqual(world.shares, [0, 10, 0]);
  });
});

describe("two releasers that begin within a second", () => {
  for (const what of ["an abort", "a release that is resumed"] as const)
    it(`end the release by the later one, an abort: the earlier one, ${what}, still stamps and does not take the number back`, async () => {
      const world = new World();
      const first = world.releaser();
      const begun = first.release();
      await world.clock.pass(10_000);
      const fence = world.ledger.fence;
      const earlier = world.releaser();
      let isSlow = true;
      world.cluster.before = async ({ by, plural, verb }) => {
        if (isSlow && by === earlier.holder && plural === "deployments" && verb === "patch")
          await world.clock.sleep(900, new AbortController().signal);
      };
      if (what === "a release that is resumed") first.kill();
      const shutOut = what === "an abort" ? earlier.takeBack("aborted by anna") : earlier.release();
      for (let waited = 0; world.ledger.fence === fence; waited += 50) {
        assert.ok(waited < 60_000);
        await world.clock.pass(50);
      }
      const later = world.releaser().takeBack("aborted by ben");
      await world.clock.pass(300);
      // The controller's status: the stamp that is on its way names another version.
      for (const slot of ["blue", "green"]) {
        const name = { ...lease, name: `atom-${slot}` };
        world.cluster.put(deployments, world.cluster.peek(deployments, name));
      }
      await world.clock.pass(700);
      isSlow = false;
      const { state } = await world.clock.settle(later);
      assert.deepEqual([state.phase, state.cause?.detail], ["aborted", "aborted by ben"]);
      await assert.rejects(world.clock.settle(shutOut), { name: "LeaseLostError", how: "taken" });
      if (what === "an abort")
        await assert.rejects(world.clock.settle(begun), { name: "LeaseLostError", how: "taken" });
      assert.deepEqual([world.shares, world.ledger.current, world.ledger.fence], [[0, 10, 0], null, fence + 2]);
      assert.equal(world.troubles.filter((told) => told.includes("older copy")).length, 0);
    });
});

describe("a release whose lease is in trouble", () => {
  for (const seconds of [3, 30, 120])
    it(`goes on, or back, where the lease is refused for ${seconds} s`, async () => {
      const world = new World();
      const ended = world.releaser().release();
      await world.clock.pass(10_000);
      const until = world.clock.monotonic() + seconds * 1000;
      world.cluster.before = (call) => {
        if (call.plural === "leases" && world.clock.monotonic() < until) failures["is refused"](call);
      };
      const { state } = await world.clock.settle(ended);
      assert.equal(state.phase, seconds > 60 ? "rolled-back" : "released");
      assert.equal(world.events.includes("taken-over"), seconds === 30);
    });

  it("ends with the refusal where that lasts, so that whoever waits for it learns of it", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await world.clock.pass(10_000);
    world.cluster.before = (call) => {
      if (call.plural === "leases") failures["is refused"](call);
    };
    const start = world.clock.monotonic();
    await assert.rejects(world.clock.settle(ended), { name: "ForbiddenError" });
    assert.ok(world.clock.monotonic() - start < 360_000);
  });

  for (const [what, change] of [
    ["deleted", (world: World) => world.cluster.client("kubectl").delete(leases, lease)],
    [
      "taken and given back by one that did not get any further",
      (world: World) => {
        const live = world.cluster.peek(leases, lease);
        world.cluster.put(leases, { ...live, spec: { ...live.spec, holderIdentity: "" } });
      },
    ],
  ] as const)
    it(`goes on where the lease is ${what}`, async () => {
      const world = new World();
      const first = world.releaser();
      const ended = first.release();
      await world.clock.pass(10_000);
      await change(world);
      await world.clock.pass(6_000);
      assert.equal(world.cluster.peek(leases, lease).spec?.holderIdentity, first.holder);
      assert.equal((await world.clock.settle(ended)).state.phase, "released");
      assert.equal(world.events.includes("taken-over"), false);
    });

  it("goes on where the lease is deleted and the ledger cannot be read for a while, and ends with that where it lasts", async () => {
    for (const isBrief of [true, false]) {
      const world = new World(
        releasePlan({
          steps: [
            { percent: 10, wait: 60_000 },
            { percent: 100, wait: 0 },
          ],
        }),
      );
      const first = world.releaser();
      const ended = first.release();
      await world.clock.pass(10_000);
      const ledger = { ...lease, name: ledgerName("atom") };
      const text = world.cluster.peek(configMaps, ledger).data?.[ledgerKey] ?? "";
      const fill = (filled: string): void => {
        world.cluster.put(configMaps, { ...world.cluster.peek(configMaps, ledger), data: { [ledgerKey]: filled } });
      };
      let renewals = 0;
      world.cluster.before = ({ plural, verb }) => {
        if (plural === "leases" && verb === "patch") renewals += 1;
      };
      await world.cluster.client("kubectl").delete(leases, lease);
      fill("{");
      for (let waited = 0; renewals === 0; waited += 100) {
        assert.ok(waited < 10_000);
        await world.clock.pass(100);
      }
      await world.clock.pass(2_000);
      if (!isBrief) {
        await assert.rejects(world.clock.settle(ended), { name: "LedgerCorruptError" });
        continue;
      }
      fill(text);
      await world.clock.pass(3_000);
      assert.equal(world.cluster.peek(leases, lease).spec?.holderIdentity, first.holder);
      assert.equal((await world.clock.settle(ended)).state.phase, "released");
      assert.equal(world.events.includes("taken-over"), false);
    }
  });

  it("stops where another releaser has taken over and ended, though nobody holds the lease by then", async () => {
    const world = new World();
    const first = world.releaser();
    const ended = first.release();
    await world.clock.pass(10_000);
    await world.clock.settle(world.releaser().takeBack("customers report errors"));
    await world.cluster.client("kubectl").delete(leases, lease);
    await assert.rejects(world.clock.settle(ended), { name: "LeaseLostError", how: "taken" });
    assert.deepEqual([world.shares, world.ledger.releases.length], [[0, 10, 0], 2]);
  });
});

describe("a ledger that was restored from an older copy", () => {
  it("is gone on with above the number that the objects bear, which is told once", async () => {
    const world = new World(releasePlan({ steps: [{ percent: 100, wait: 0 }], soak: 5_000, gate: { every: 2_000 } }));
    await world.clock.settle(world.releaser().release());
    const live = world.cluster.peek(virtualServices, { ...lease, name: "atom" });
    const annotations = { ...live.metadata.annotations, [fenceAnnotation]: "41" };
    world.cluster.put(virtualServices, { ...live, metadata: { ...live.metadata, annotations } });
    const fence = world.ledger.fence;
    assert.equal((await world.clock.settle(world.releaser().rollBackNow())).state.phase, "released");
    assert.deepEqual([world.ledger.active, world.ledger.fence], ["blue", 42]);
    const told = new RegExp(
      `^the ledger counted ${fence} releasers where what a release moves bears number 41: it is an older copy`,
    );
    assert.equal(world.troubles.filter((trouble) => told.test(trouble)).length, 1);
    await assert.rejects(world.clock.settle(world.releaser().takeBack("again")), { refusal: "no_release" });
    assert.deepEqual([world.ledger.fence, world.troubles.length], [43, 1]);
  });
});
