import assert from "node:assert/strict";
import { UnreachableError } from "../../../delivery/cluster/errors.ts";
import { deployments, services } from "../../../delivery/cluster/resources.ts";
import type { JudgedObject } from "../../../delivery/release/judged-object.ts";
import type { SessionEnd } from "../../../delivery/release/session.ts";
import type { Phase } from "../../../delivery/release/state.ts";
import { releasePlan } from "../support/plans.ts";
import type { Releaser } from "./releaser.ts";
import { World } from "./world.ts";

const plan = releasePlan({
  steps: [
    { percent: 10, wait: 10_000 },
    { percent: 50, wait: 10_000 },
    { percent: 100, wait: 10_000 },
  ],
  soak: 10_000,
});

/** A release that is at a phase and a weight, and what it ends as. */
interface Story {
  readonly world: World;
  readonly releaser: Releaser;
  readonly over: Promise<SessionEnd>;
}

/** Lets a release come to a phase with this weight, some seconds into it. */
async function releaseAt(percent: number, phase: Phase, world = new World(plan)): Promise<Story> {
  const releaser = world.releaser();
  const over = releaser.release();
  over.catch(() => undefined);
  await until(world, () => {
    const state = world.ledger.current?.state;
    return state?.phase === phase && state.percent === percent;
  });
  await world.clock.pass(3_000);
  return { world, releaser, over };
}

async function until(world: World, isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await world.clock.pass(100);
}

const details = (world: World, event: string) =>
  world.journal.filter((line) => line.event === event).map(({ detail }) => detail);

/** Milliseconds until the candidate has no users. */
async function timeUntilBack(world: World): Promise<number> {
  const start = world.clock.monotonic();
  await until(world, () => world.percent === 0);
  return world.clock.monotonic() - start;
}

describe("what is released is what was judged", () => {
  for (const [what, change, told] of [
    [
      "the candidate's environment is changed by hand (row 6)",
      (world: World) => {
        world.setEnv("green", "unreviewed");
      },
      "Deployment atom-green was changed by kubectl-set: spec.containers.atom.env (added)",
    ],
    [
      "the candidate's image is changed by hand",
      (world: World) => {
        world.setImage("green", "registry.test/atom:x");
      },
      'Deployment atom-green was changed by kubectl-set: spec.containers.atom.image ("registry.test/atom:b" → "registry.test/atom:x")',
    ],
    [
      "what the candidate is compared with is changed by hand",
      (world: World) => {
        world.setImage("blue", "registry.test/atom:x");
      },
      'Deployment atom-blue was changed by kubectl-set: spec.containers.atom.image ("registry.test/atom:a" → "registry.test/atom:x"); ' +
        "blue serves it, and nobody judged it",
    ],
    [
      "how users' requests are treated is changed by hand",
      (world: World) => {
        world.editRoute({ corsPolicy: {} });
      },
      "VirtualService atom was changed by kubectl-edit: http.0.corsPolicy (added)",
    ],
    [
      "another release plan is published",
      (world: World) => {
        world.publish({ ...plan, soak: 1 });
      },
      "ConfigMap atom-release-plan was changed: soak",
    ],
    [
      "the candidate's Deployment is deleted",
      (world: World) => {
        void world.cluster.client("kubectl").delete(deployments, { namespace: "atom-staging", name: "atom-green" });
      },
      "Deployment atom-green was changed: it was deleted",
    ],
  ] as const)
    it(`ends the release as superseded, with the users back within a second, when ${what}`, async () => {
      const { world, over } = await releaseAt(10, "measuring");
      change(world);
      assert.ok((await timeUntilBack(world)) <= 1_000);
      const { state } = await world.clock.settle(over);
      assert.deepEqual([state.phase, state.cause?.reason], ["aborted", "superseded"]);
      assert.equal(state.cause?.detail, details(world, "failed")[0]);
      assert.ok(state.cause?.detail.startsWith(told), state.cause?.detail);
      assert.deepEqual(world.shares, [0, 10, 0]);
      assert.deepEqual(world.ledger.quarantine, [], "it speaks against nobody");
    });

  it("is not taken for a change that pods are scaled, traffic is moved by the releaser itself, or the stack's file names another image", async () => {
    const { world, over } = await releaseAt(50, "measuring");
    world.scale("green", 3);
    world.scale("blue", 3);
    world.publish({ ...plan, image: "registry.test/atom:next" });
    const { state } = await world.clock.settle(over);
    assert.equal(state.phase, "released");
    assert.deepEqual(details(world, "noted"), []);
    assert.deepEqual(world.shares, [0, 10, 50, 100]);
  });

  it("keeps users on the judged candidate when the slot without users is changed, says so, and rolls back to it in need", async () => {
    const good = await releaseAt(100, "soaking");
    good.world.setEnv("blue", "unreviewed");
    const { state } = await good.world.clock.settle(good.over);
    assert.equal(state.phase, "released");
    assert.deepEqual(details(good.world, "noted"), [
      "Deployment atom-blue was changed by kubectl-set: spec.containers.atom.env (added); users stay on green, which is as it was judged, " +
        "and a rollback would lead to what nobody judged",
    ]);
    const bad = await releaseAt(100, "measuring");
    bad.world.setEnv("blue", "unreviewed");
    bad.world.errors.candidate = 0.5;
    const end = await bad.world.clock.settle(bad.over);
    assert.deepEqual([end.state.phase, end.state.cause?.reason], ["rolled-back", "high_error_rate"]);
  });

  it("does not promote a candidate that is changed in the soak", async () => {
    const { world, over } = await releaseAt(100, "soaking");
    world.setEnv("green", "unreviewed");
    assert.ok((await timeUntilBack(world)) <= 1_000);
    const { state } = await world.clock.settle(over);
    assert.deepEqual([state.phase, state.cause?.reason, world.ledger.active], ["aborted", "superseded", "blue"]);
  });

  describe("when something is deleted without which the slot that served before serves nobody", () => {
    const name = { namespace: "atom-staging", name: "atom-blue" };
    const rows = [
      [
        "its Service",
        services,
        (world: World) => {
          world.serve("blue");
        },
      ],
      [
        "its Deployment",
        deployments,
        (world: World) => {
          world.stage("blue", "a".repeat(12));
        },
      ],
    ] as const;
    for (const [what, resource, restore] of rows) {
      const remove = async (world: World): Promise<void> => {
        await world.cluster.client("kubectl").delete(resource, name);
      };

      it(`leads users away from it, takes no pods from them, and goes back once it is there again (${what})`, async () => {
        const { world, over } = await releaseAt(50, "measuring");
        await remove(world);
        await until(world, () => world.percent === 100);
        await world.clock.pass(60_000);
        assert.deepEqual([world.shares, world.ledger.current?.state.phase], [[0, 10, 50, 100], "returning"]);
        assert.match(
          details(world, "noted").join("\n"),
          /blue cannot serve without (Service|Deployment) atom-blue.*`up --refresh`/,
        );
        restore(world);
        const { state } = await world.clock.settle(over);
        assert.deepEqual([state.phase, state.cause?.reason, world.percent], ["aborted", "superseded", 0]);
      });

      it(`keeps users on a candidate that has all of them, and says so (${what})`, async () => {
        const { world, over } = await releaseAt(100, "soaking");
        await remove(world);
        const { state } = await world.clock.settle(over);
        assert.deepEqual([state.phase, world.shares], ["released", [0, 10, 50, 100]]);
        assert.match(
          details(world, "noted")[0] ?? "",
          /it was deleted; users stay on green, and a rollback would have to wait for it: `up --refresh`/,
        );
      });

      it(`leads nobody there by another process, which has watched nothing (${what})`, async () => {
        const { world, releaser, over } = await releaseAt(50, "measuring");
        releaser.kill();
        over.catch(() => undefined);
        await remove(world);
        const taken = world.releaser().takeBack("a person");
        await until(world, () => world.percent === 100);
        restore(world);
        const { state } = await world.clock.settle(taken);
        assert.deepEqual([state.phase, world.shares], ["aborted", [0, 10, 50, 100, 0]]);
      });

      it(`leads them away from it again where it goes while the rollback is looked at (${what})`, async () => {
        const { world, over, releaser } = await releaseAt(50, "measuring");
        world.confirms = "pending";
        releaser.abort();
        await until(world, () => world.percent === 0);
        await remove(world);
        await until(world, () => world.percent === 100);
        restore(world);
        const { state } = await world.clock.settle(over);
        assert.deepEqual([state.phase, world.percent], ["aborted", 0]);
      });
    }

    for (const [what, change] of [
      ["its port", { ports: [{ port: 8000, targetPort: "metrics" }] }],
      ["its selector", { selector: { app: "another" } }],
    ] as const)
      it(`leads users away from a slot whose Service somebody turned elsewhere by ${what}`, async () => {
        const { world, over } = await releaseAt(50, "measuring");
        const live = world.cluster.peek(services, name);
        world.cluster.put(services, { ...live, spec: { ...live.spec, ...change } });
        await until(world, () => world.percent === 100);
        world.serve("blue");
        const { state } = await world.clock.settle(over);
        assert.deepEqual([state.phase, world.shares], ["aborted", [0, 10, 50, 100, 0]]);
      });

    it("keeps no users on a candidate whose Service is gone, however many pods it has", async () => {
      const { world, over } = await releaseAt(50, "measuring");
      world.scale("green", 5);
      await world.cluster.client("kubectl").delete(services, { ...name, name: "atom-green" });
      assert.ok((await timeUntilBack(world)) <= 1_000);
      assert.equal((await world.clock.settle(over)).state.phase, "aborted");
    });

    it("begins where neither slot has a Service, as an earlier version made it", async () => {
      const world = new World(plan);
      for (const slot of ["blue", "green"])
        await world.cluster.client("up").delete(services, { ...name, name: `atom-${slot}` });
      assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "released");
    });

    it("does not begin where the candidate's Service is gone, not in an emergency either", async () => {
      for (const emergency of [false, true]) {
        const world = new World(plan);
        await world.cluster.client("kubectl").delete(services, { ...name, name: "atom-green" });
        await assert.rejects(world.clock.settle(world.releaser().release({ emergency })), {
          refusal: "object_missing",
          message: /^Service atom-green does not exist.*\n`up --refresh`/,
        });
        assert.deepEqual([world.shares, world.ledger.current], [[0], null]);
      }
    });

    it("begins in an emergency where the broken slot's Service is gone", async () => {
      const world = new World(plan);
      await world.cluster.client("kubectl").delete(services, name);
      const { state } = await world.clock.settle(world.releaser().release({ emergency: true }));
      assert.deepEqual([state.phase, world.percent], ["released", 100]);
    });
  });

  it("puts weights back within a second that somebody else set, says so, and goes on", async () => {
    const { world, over } = await releaseAt(10, "measuring");
    world.setWeight(100);
    const start = world.clock.monotonic();
    await until(world, () => world.percent === 10);
    assert.ok(world.clock.monotonic() - start <= 1_000);
    const { state } = await world.clock.settle(over);
    assert.equal(state.phase, "released");
    assert.deepEqual(details(world, "noted"), [
      "VirtualService atom was moved by kubectl-edit to percent 100 where percent 10 is due; put back in 0.0 s",
    ]);
  });

  it("puts weights back that were set while no user was on the candidate yet", async () => {
    const world = new World(plan);
    world.startMs = 30_000;
    world.scale("green", 0);
    const { over } = await releaseAt(0, "waiting-ready", (world.scale("green", 2), world));
    world.setWeight(50);
    assert.ok((await timeUntilBack(world)) <= 1_000);
    assert.equal((await world.clock.settle(over)).state.phase, "released");
  });

  it("ends the release when somebody else moves the traffic twice in a row", async () => {
    const { world, over } = await releaseAt(10, "measuring");
    world.setWeight(100);
    await world.clock.pass(1_000);
    assert.equal(world.percent, 10);
    world.setWeight(90);
    assert.ok((await timeUntilBack(world)) <= 1_000);
    const { state } = await world.clock.settle(over);
    assert.deepEqual([state.phase, state.cause?.reason], ["aborted", "superseded"]);
    assert.match(state.cause?.detail ?? "", /percent 90 where percent 10 is due, twice in a row: somebody else moves/);
  });

  it("takes weights that are set at two different steps for twice once", async () => {
    const { world, over } = await releaseAt(10, "measuring");
    world.setWeight(0);
    await until(world, () => world.ledger.current?.state.percent === 50);
    await world.clock.pass(3_000);
    world.setWeight(0);
    const { state } = await world.clock.settle(over);
    assert.equal(state.phase, "released");
    assert.equal(details(world, "noted").length, 2);
  });

  it("puts weights back on the way back as often as they are changed, and comes to its end", async () => {
    const { world, over, releaser } = await releaseAt(50, "measuring");
    world.confirms = "pending";
    releaser.abort();
    await until(world, () => world.percent === 0);
    for (let count = 0; count < 5; count += 1) {
      world.setWeight(50);
      assert.ok((await timeUntilBack(world)) <= 1_000);
      await world.clock.pass(700);
    }
    const { state } = await world.clock.settle(over);
    assert.deepEqual([state.phase, state.cause?.reason, world.percent], ["aborted", "manual", 0]);
  });

  it("is refused where it cannot be told where the routes lead users, and nothing is written to them", async () => {
    const world = new World(plan);
    const unknown = { content: { http: [{ name: "maintenance" }] }, by: "kubectl-edit" };
    const route: JudgedObject = {
      name: "VirtualService atom",
      of: "release",
      read: () => Promise.resolve(unknown),
      watch: () => Promise.reject(new Error("there is nothing to watch")),
      movedFor: () => ({}),
    };
    const opened = world.releaser().release({}, { judged: () => [route] });
    await assert.rejects(world.clock.settle(opened), {
      refusal: "routes_unknown",
      message: /^VirtualService atom sends/,
    });
    assert.deepEqual([world.ledger.current, world.ledger.releases], [null, []]);
    const specs = world.cluster.writes.filter(({ plural }) => plural === "virtualservices");
    assert.equal(specs.length, 1, "the stamp");
  });

  it("is known to a releaser that takes over where one was killed between a change and its answer", async () => {
    const { world, releaser } = await releaseAt(10, "measuring");
    releaser.kill();
    world.setEnv("green", "unreviewed");
    const { state } = await world.clock.settle(world.releaser().release());
    assert.deepEqual([state.phase, state.cause?.reason], ["aborted", "superseded"]);
    assert.match(state.cause?.detail ?? "", /^Deployment atom-green was changed by kubectl-set: it is not as it was/);
    assert.deepEqual(world.shares, [0, 10, 0]);
  });

  it("ends a releaser within a second whose release another one has taken, also one of the same name", async () => {
    const { world, releaser, over } = await releaseAt(10, "measuring");
    const other = world.releaser();
    Object.assign(other, { holder: releaser.holder });
    const { state } = await world.clock.settle(other.takeBack("by hand"));
    assert.equal(state.phase, "aborted");
    const start = world.clock.monotonic();
    await assert.rejects(world.clock.settle(over), { name: "LeaseLostError", how: "taken" });
    assert.ok(world.clock.monotonic() - start <= 1_000);
    assert.deepEqual(world.shares, [0, 10, 0]);
  });

  describe("when the API server does not report changes", () => {
    it("goes on where a watch was cut off, and misses nothing", async () => {
      const { world, over } = await releaseAt(10, "measuring");
      world.cluster.cutWatches();
      world.cluster.forgetHistory();
      world.setEnv("green", "unreviewed");
      assert.ok((await timeUntilBack(world)) <= 1_000);
      assert.equal((await world.clock.settle(over)).state.cause?.reason, "superseded");
    });

    it("says so after five seconds, moves no weight without a read, and says when it is back", async () => {
      const { world, over } = await releaseAt(10, "measuring");
      let isDeaf = true;
      world.cluster.before = ({ verb }) => (verb === "watch" && isDeaf ? new Promise(() => undefined) : undefined);
      world.cluster.cutWatches();
      await until(world, () => world.percent === 50);
      isDeaf = false;
      await world.clock.settle(over);
      const [lost, back] = details(world, "noted");
      assert.match(lost ?? "", /^not watched for [56] s: Deployment atom-blue \(.*; nothing is promoted until it is/);
      assert.equal(back, "all that the release is judged by is watched again");
      assert.equal(world.percent, 100);
    });

    it("finds a change by that read", async () => {
      const { world, over } = await releaseAt(10, "measuring");
      world.cluster.before = ({ verb }) => (verb === "watch" ? new Promise(() => undefined) : undefined);
      world.cluster.cutWatches();
      world.setEnv("green", "unreviewed");
      const { state } = await world.clock.settle(over);
      assert.deepEqual([state.phase, state.cause?.reason], ["aborted", "superseded"]);
      assert.deepEqual(world.shares, [0, 10, 0]);
    });

    it("does not promote without a watch", async () => {
      const { world, over } = await releaseAt(50, "measuring");
      world.cluster.before = ({ verb }) => (verb === "watch" ? new Promise(() => undefined) : undefined);
      world.cluster.cutWatches();
      const { state } = await world.clock.settle(over);
      assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", "watch_lost"]);
      assert.match(state.cause?.detail ?? "", /could not be watched for 30 s: Deployment atom-blue: /);
      assert.deepEqual([world.shares, world.ledger.quarantine], [[0, 10, 50, 0], []]);
    });

    /** From now on nothing is watched, and this Deployment cannot be read. */
    function hide(world: World, name: string): void {
      world.cluster.before = ({ verb, plural, name: asked }) => {
        if (verb === "watch") return new Promise(() => undefined);
        if (verb === "get" && plural === "deployments" && asked === name)
          throw new UnreachableError({ verb, target: name, status: 503 }, "etcd is away");
        return undefined;
      };
      world.cluster.cutWatches();
    }

    const soakOver =
      /^the soak is over, and this could not be read .*: Deployment atom-blue: get atom-blue: etcd is away\. Users stay on green/;

    it("waits at the end of a good soak for what cannot be read, guarded and with a line, and is promoted once it can", async () => {
      const quick = new World({ ...plan, deadlines: { ...plan.deadlines, confirm: 5_000 } });
      const { world, over } = await releaseAt(100, "soaking", quick);
      hide(world, "atom-blue");
      await until(world, () => details(world, "noted").some((detail) => soakOver.test(detail)));
      await world.clock.pass(8_000);
      assert.deepEqual([world.ledger.current?.state.phase, world.percent], ["soaking", 100]);
      assert.equal(details(world, "noted").filter((detail) => soakOver.test(detail)).length, 1);
      world.cluster.before = () => undefined;
      const { state } = await world.clock.settle(over);
      assert.deepEqual([state.phase, world.shares], ["released", [0, 10, 50, 100]]);
      assert.equal(details(world, "soaked")[0], "no breach in 10 s at 100 %");
    });

    it("keeps users where they were served well when that cannot be read for as long as a held release is guarded, and says so", async () => {
      const world = new World({ ...plan, deadlines: { ...plan.deadlines, confirm: 5_000, hold: 12_000 } });
      const { over } = await releaseAt(100, "soaking", world);
      hide(world, "atom-blue");
      const { state } = await world.clock.settle(over);
      assert.deepEqual([state.phase, world.shares], ["released", [0, 10, 50, 100]]);
      assert.match(
        details(world, "soaked")[0] ?? "",
        /; 12 s later this could still not be read: Deployment atom-blue: get/,
      );
    });

    it("rolls back all the same when the candidate fails in that time", async () => {
      const { world, over } = await releaseAt(100, "soaking");
      hide(world, "atom-blue");
      await until(world, () => details(world, "noted").some((detail) => soakOver.test(detail)));
      world.errors.candidate = 0.5;
      await until(world, () => world.percent === 0);
      world.cluster.before = () => undefined;
      const { state } = await world.clock.settle(over);
      assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", "high_error_rate"]);
    });

    it("takes a changed candidate back at the end of the soak, whatever else cannot be read", async () => {
      const { world, over } = await releaseAt(100, "soaking");
      hide(world, "atom-blue");
      world.setEnv("green", "unreviewed");
      await until(world, () => world.percent === 0);
      world.cluster.before = () => undefined;
      const { state } = await world.clock.settle(over);
      assert.deepEqual([state.phase, state.cause?.reason], ["aborted", "superseded"]);
    });

    it("says what such a look found that ends nothing", async () => {
      const { world, over } = await releaseAt(100, "soaking");
      world.cluster.before = ({ verb }) => (verb === "watch" ? new Promise(() => undefined) : undefined);
      world.cluster.cutWatches();
      world.setEnv("blue", "unreviewed");
      assert.equal((await world.clock.settle(over)).state.phase, "released");
      const [told = ""] = details(world, "noted").filter((detail) => detail.startsWith("Deployment atom-blue"));
      assert.match(
        told,
        /^Deployment atom-blue was changed by kubectl-set: .*; users stay on green, which is as it was judged/,
      );
    });

    it("does not begin without a watch", async () => {
      const world = new World(plan);
      world.cluster.before = ({ verb }) => (verb === "watch" ? new Promise(() => undefined) : undefined);
      const { state } = await world.clock.settle(world.releaser().release());
      assert.deepEqual([state.phase, state.cause?.reason, world.shares], ["rolled-back", "watch_lost", [0]]);
    });
  });

  it("is watched at less than five requests a second, from the first to the last", async () => {
    const world = new World(plan);
    const watching: number[] = [];
    world.cluster.before = ({ verb, plural }) => {
      if (verb === "watch" || (verb === "list" && plural !== "pods")) watching.push(world.clock.monotonic());
    };
    await world.clock.settle(world.releaser().release());
    const seconds = world.clock.monotonic() / 1000;
    assert.ok(watching.length / seconds < 5, `${watching.length} requests in ${seconds} s`);
  });
});
