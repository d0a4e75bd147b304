import assert from "node:assert/strict";
import type { ReleasePlan } from "../../../components/release-plan/release-plan.ts";
import { UnreachableError } from "../../../delivery/cluster/errors.ts";
import { ReleaseRefusedError } from "../../../delivery/release/opening.ts";
import type { Call } from "../support/memory-cluster.ts";
import { releasePlan } from "../support/plans.ts";
import type { Releaser } from "./releaser.ts";
import { World } from "./world.ts";

/** A story up to its end, and what its journal's lines are when nothing interferes. */
interface Story {
  readonly name: string;
  readonly begin: (world: World) => void;
  readonly outcome: "released" | "rolled-back";
  /** The candidate's shares when nothing interferes. */
  readonly shares: readonly number[];
}

const plan = releasePlan({
  steps: [
    { percent: 10, wait: 6_000 },
    { pause: "approval", deadline: 600_000 },
    { percent: 100, wait: 6_000 },
  ],
  soak: 6_000,
});

const stories: readonly Story[] = [
  { name: "a good release", begin: () => undefined, outcome: "released", shares: [0, 10, 100] },
  {
    name: "a bad release",
    begin: (world) => (world.errors.candidate = 1),
    outcome: "rolled-back",
    shares: [0, 10, 0],
  },
  {
    name: "a release with a failing smoke test",
    begin: (world) => (world.smokePasses.candidate = false),
    outcome: "rolled-back",
    shares: [0],
  },
];

/** Approves as soon as somebody waits for it. */
function approveAll(world: World): void {
  const person = world.releaser();
  const look = async (): Promise<void> => {
    for (;;) {
      await person.clock.sleep(1_000, new AbortController().signal);
      const { current } = world.ledger;
      if (current?.state.phase === "awaiting-approval" && !current.requests.some(({ kind }) => kind === "approve"))
        await person.ask({ kind: "approve", by: "anna" });
    }
  };
  look().catch(() => undefined);
}

/** Runs a story with a first releaser to which something happens at a line of the journal. */
async function interrupt(
  story: Story,
  line: number,
  when: "after" | "before",
  what: (releaser: Releaser) => void,
): Promise<{ readonly world: World; readonly first: Promise<unknown> }> {
  const world = new World(plan);
  story.begin(world);
  approveAll(world);
  const releaser = world.releaser();
  const happened = Promise.withResolvers<undefined>();
  let done = false;
  const hit = async (call: Call): Promise<void> => {
    if (done || call.by !== releaser.holder || call.verb !== "patch" || call.plural !== "configmaps") return;
    if (world.journal.length < line) return;
    done = true;
    what(releaser);
    happened.resolve(undefined);
    if (when === "before") await releaser.alive();
  };
  world.cluster[when] = hit;
  const first = releaser.release();
  first.catch(() => undefined);
  await world.clock.settle(happened.promise);
  return { world, first };
}

/** How many lines a story's journal has. Each is a case. */
async function linesOf(story: Story): Promise<readonly string[]> {
  const world = new World(plan);
  story.begin(world);
  approveAll(world);
  await world.clock.settle(world.releaser().release());
  return world.events;
}

/** Nothing was written that was there already, but the fence of another releaser. */
function assertOnce(world: World): void {
  const last = new Map<string, string>();
  const twice: string[] = [];
  for (const { plural, name, object } of world.cluster.writes) {
    if (plural !== "virtualservices" && plural !== "deployments") continue;
    const { spec } = object as { readonly spec?: unknown };
    const seen = JSON.stringify([spec, object.metadata.annotations?.["atom.dev/fence"]]);
    if (last.get(`${plural} ${name}`) === seen) twice.push(`${plural} ${name} ${seen}`);
    last.set(`${plural} ${name}`, seen);
  }
  assert.deepEqual(twice, []);
  assert.equal(world.canary, undefined, "nothing is left for requests with the canary header");
  const { releases, quarantine, totals } = world.ledger;
  assert.equal(releases.filter(({ id }) => id === "r1").length, 1, "the release is on record once");
  const counted = Object.values(totals?.releases ?? {}).reduce((sum, count) => sum + count, 0);
  assert.equal(counted, releases.filter(({ outcome }) => outcome !== "baseline").length, "each release counts once");
  assert.ok(quarantine.length <= 1);
}

for (const story of stories)
  describe(`${story.name} whose releaser is killed`, () => {
    it("is the story that is told here", async () => {
      const world = new World(plan);
      story.begin(world);
      approveAll(world);
      const { state } = await world.clock.settle(world.releaser().release());
      assert.equal(state.phase, story.outcome);
      assert.deepEqual(world.shares, story.shares);
    });

    for (const when of ["after", "before"] as const)
      it(`${when === "after" ? "right after each line of the journal" : "when it acted and had not journalled it yet, at each line"}, is taken up by the next run and ends the same`, async () => {
        const events = await linesOf(story);
        for (let line = 1; line < events.length; line += 1) {
          const { world } = await interrupt(story, line, when, (releaser) => {
            releaser.kill();
          });
          const what = `killed ${when} line ${line} (${events[line - 1] ?? ""})`;
          const { state } = await world.clock.settle(world.releaser().release());
          assert.equal(state.phase, story.outcome, what);
          assert.deepEqual(world.shares, story.shares, `${what}: no share is left, or come to, twice`);
          assert.equal(world.ledger.current, null, what);
          assertOnce(world);
          assert.equal(world.percent, story.outcome === "released" ? 100 : 0, what);
        }
      });

    it("and stays dead for long, goes back unless it was on its way back, or done, or had moved nothing", async () => {
      const events = await linesOf(story);
      for (let line = 1; line < events.length; line += 1) {
        const { world } = await interrupt(story, line, "after", (releaser) => {
          releaser.kill();
        });
        const { phase, percent } = world.ledger.current?.state ?? { phase: "none", percent: 0 };
        await world.clock.pass(plan.resumeWithin + 10_000);
        const what = `dead since line ${line} (${events[line - 1] ?? ""})`;
        const { state } = await world.clock.settle(world.releaser().release());
        const unjudged = percent > 0 && phase !== "finishing";
        assert.equal(state.phase, unjudged ? "rolled-back" : story.outcome, what);
        if (unjudged) {
          assert.equal(state.cause?.reason, "releaser_lost", what);
          assert.equal(world.percent, 0, what);
          assert.deepEqual(world.ledger.quarantine, [], "nobody knows anything bad about the template");
        }
        assert.equal(world.ledger.current, null, what);
      }
    });
  });

describe("a release that loses its lease", () => {
  it("while its releaser is stopped, at each line, is taken over, and the first does nothing when it continues", async () => {
    const story = stories[0]!;
    const events = await linesOf(story);
    for (const when of ["after", "before"] as const)
      for (let line = 1; line < events.length; line += 1) {
        const { promise: continued, resolve } = Promise.withResolvers<() => void>();
        const { world, first } = await interrupt(story, line, when, (releaser) => {
          resolve(releaser.stop());
        });
        const what = `stopped ${when} line ${line} (${events[line - 1] ?? ""})`;
        const second = world.releaser().release();
        const wake = await continued;
        // In the middle of the second one's work.
        await world.clock.pass(18_000);
        const written = world.cluster.writes.length;
        wake();
        await assert.rejects(world.clock.settle(first), { name: "LeaseLostError" }, what);
        const byFirst = world.cluster.writes.slice(written).filter(({ plural }) => plural === "virtualservices");
        const { state } = await world.clock.settle(second);
        assert.equal(state.phase, "released", what);
        assert.deepEqual(world.shares, [0, 10, 100], what);
        assert.ok(byFirst.length <= 1, what);
        assertOnce(world);
      }
  });

  it("and whose release another one has ended by the time that it continues, begins nothing anew", async () => {
    for (const when of ["after", "before"] as const) {
      const { promise: continued, resolve } = Promise.withResolvers<() => void>();
      const { world, first } = await interrupt(stories[0]!, 5, when, (releaser) => {
        resolve(releaser.stop());
      });
      await world.clock.settle(world.releaser().release());
      world.stage("blue", "cccccccccccc");
      (await continued)();
      await assert.rejects(world.clock.settle(first), { name: "LeaseLostError", how: "taken" });
      assert.deepEqual([world.ledger.sequence, world.percent], [1, 100]);
    }
  });

  it("because the API server is away for half a minute, is taken up by the same releaser", async () => {
    for (const story of [stories[0]!, stories[1]!]) {
      const world = new World(plan);
      story.begin(world);
      approveAll(world);
      const ended = world.releaser().release();
      await world.clock.pass(story === stories[0] ? 4_000 : 600);
      const away = world.clock.monotonic() + 30_000;
      world.cluster.before = ({ verb, plural }) => {
        if (world.clock.monotonic() < away) throw new UnreachableError({ verb, target: plural }, "connection refused");
      };
      const { state } = await world.clock.settle(ended);
      assert.equal(state.phase, story.outcome);
      assert.equal(world.percent, story.outcome === "released" ? 100 : 0);
    }
  });

  it("and whose every write is answered with silence once, still does each thing once", async () => {
    for (const story of stories) {
      const world = new World(plan);
      story.begin(world);
      approveAll(world);
      let calls = 0;
      world.cluster.after = ({ verb, plural }) => {
        calls += 1;
        if (verb !== "get" && calls % 2 === 0)
          throw new UnreachableError({ verb, target: plural }, "the answer got lost");
      };
      const { state } = await world.clock.settle(world.releaser().release());
      assert.equal(state.phase, story.outcome);
      assert.deepEqual(world.shares, story.shares);
      const seqs = world.journal.map(({ seq }) => seq);
      assert.deepEqual(
        seqs,
        seqs.map((_, index) => index + 1),
      );
      assertOnce(world);
    }
  });
});

describe("two releasers", () => {
  it("at once: one releases, the other is refused", async () => {
    const world = new World(plan);
    approveAll(world);
    const results = Promise.allSettled([world.releaser().release(), world.releaser().release()]);
    const [first, second] = await world.clock.settle(results);
    assert.equal(first.status, "fulfilled");
    assert.ok(second.status === "rejected" && second.reason instanceof ReleaseRefusedError);
    assert.equal(second.reason.refusal, "locked");
    assert.deepEqual(world.shares, [0, 10, 100]);
  });

  it("of which the second supersedes: the first goes back, then the second releases what is staged", async () => {
    const world = new World(plan);
    approveAll(world);
    const first = world.releaser().release();
    await world.clock.pass(4_000);
    const next = world.releaser();
    await world.clock.settle(next.ask({ kind: "supersede", by: "ben", reason: "newer" }));
    const prepare = (): Promise<ReleasePlan> => {
      world.stage("green", "cccccccccccc");
      return Promise.resolve(plan);
    };
    const second = next.release({ image: "registry.test/atom:c", supersede: "newer" }, { prepare });
    assert.equal((await world.clock.settle(first)).state.cause?.reason, "superseded");
    assert.equal((await world.clock.settle(second)).state.phase, "released");
    assert.deepEqual(world.shares, [0, 10, 0, 10, 100]);
    assert.deepEqual(
      world.ledger.releases.map(({ id, outcome }) => [id, outcome]),
      [
        ["r2", "released"],
        ["r1", "aborted"],
        ["r0", "baseline"],
      ],
    );
  });

  it("of which the first is dead: a different release is refused, or goes first through the way back", async () => {
    const { world } = await interrupt(stories[0]!, 6, "after", (releaser) => {
      releaser.kill();
    });
    const image = "registry.test/atom:c";
    await assert.rejects(world.clock.settle(world.releaser().release({ image })), { refusal: "different_release" });
    const prepare = (): Promise<ReleasePlan> => {
      world.stage("green", "cccccccccccc");
      return Promise.resolve(plan);
    };
    const second = world.releaser().release({ image, supersede: "the first one is dead" }, { prepare });
    assert.equal((await world.clock.settle(second)).state.phase, "released");
    assert.deepEqual(world.shares, [0, 10, 0, 10, 100]);
  });

  it("of which the second takes the release back at once, shut the first one out", async () => {
    const world = new World(plan);
    const first = world.releaser().release();
    await world.clock.pass(4_000);
    const before = world.clock.monotonic();
    const { state } = await world.clock.settle(world.releaser().takeBack("anna at the console"));
    assert.deepEqual([state.phase, state.cause], ["aborted", { reason: "manual", detail: "anna at the console" }]);
    // Two seconds of it are for the candidate's last requests, before its pods go.
    assert.ok(world.clock.monotonic() - before < 4_000);
    await assert.rejects(world.clock.settle(first), { name: "LeaseLostError" });
    assert.deepEqual(world.shares, [0, 10, 0]);
    await assert.rejects(world.clock.settle(world.releaser().takeBack("again")), { refusal: "no_release" });
  });

  it("of which the second rolls it back for good: it is not released again by itself", async () => {
    const world = new World(plan);
    const first = world.releaser().release();
    await world.clock.pass(4_000);
    await world.clock.settle(world.releaser().takeBack("rolled back by anna: logins fail", true));
    await assert.rejects(world.clock.settle(first), { name: "LeaseLostError" });
    world.stage("green", "bbbbbbbbbbbb");
    await assert.rejects(world.clock.settle(world.releaser().release()), {
      refusal: "withdrawn",
      message:
        /^Template bbbbbbbbbbbb was rolled back by anna: logins fail \(release r1, .*atom quarantine lift bbbbbbbbbbbb/s,
    });
  });
});

describe("SIGTERM", () => {
  it("in each phase takes the release back, or lets it end where there is no way back", async () => {
    const story = stories[0]!;
    const events = await linesOf(story);
    for (let line = 1; line < events.length; line += 1) {
      const { world, first } = await interrupt(story, line, "after", (releaser) => {
        releaser.abort();
      });
      const { state } = (await world.clock.settle(first)) as { state: { phase: string } };
      const what = `after line ${line} (${events[line - 1] ?? ""})`;
      const finishing = events[line - 1] === "soaked";
      assert.equal(state.phase, finishing ? "released" : "aborted", what);
      assert.equal(world.percent, finishing ? 100 : 0, what);
      assert.equal(world.ledger.current, null);
    }
  });

  it("while a weight is about to be set leaves the users where they are", async () => {
    const world = new World(plan);
    // The guard has nothing yet that the candidate's counters are compared with, and is waited for.
    world.readable = false;
    const releaser = world.releaser();
    const heard = { is: false };
    world.cluster.after = ({ plural }) => {
      if (heard.is || plural !== "configmaps" || world.events.at(-1) !== "smoke-passed") return;
      heard.is = true;
      releaser.abort();
    };
    world.cluster.before = ({ plural }) =>
      heard.is && plural === "configmaps" ? world.clock.sleep(1_500, new AbortController().signal) : undefined;
    const { state } = await world.clock.settle(releaser.release());
    assert.equal(state.phase, "aborted");
    assert.deepEqual(world.shares, [0]);
  });

  it("while a weight is on its way is journalled once that is set, and goes back from it", async () => {
    const world = new World(plan);
    const releaser = world.releaser();
    world.cluster.before = ({ plural, verb }) => {
      if (plural !== "virtualservices" || verb !== "patch" || world.events.at(-1) !== "smoke-passed") return;
      releaser.abort();
      return world.clock.sleep(300, new AbortController().signal);
    };
    const seen: string[] = [];
    world.cluster.after = ({ verb }) => {
      if (verb === "patch") seen.push(`${world.events.at(-1) ?? ""} at ${world.percent} %`);
    };
    const { state } = await world.clock.settle(releaser.release());
    assert.equal(state.phase, "aborted");
    assert.deepEqual(world.shares, [0, 10, 0]);
    const after = seen.slice(seen.indexOf("smoke-passed at 10 %"));
    assert.deepEqual(after.slice(0, 3), ["smoke-passed at 10 %", "failed at 10 %", "failed at 0 %"]);
  });

  it("while a weight is not answered for waits a second for it, and then goes back at once", async () => {
    const world = new World(plan);
    const releaser = world.releaser();
    world.cluster.before = ({ plural, verb }) => {
      if (plural !== "virtualservices" || verb !== "patch" || world.events.at(-1) !== "smoke-passed") return;
      releaser.abort();
      return new Promise(() => undefined);
    };
    const { state } = await world.clock.settle(releaser.release());
    assert.equal(state.phase, "aborted");
    const at = (event: string) => Date.parse(world.journal.find((line) => line.event === event)?.at ?? "");
    assert.equal(at("failed") - at("smoke-passed"), 1_000);
    assert.equal(at("returned") - at("failed"), 0);
  });

  it("of a pod that is moved leaves the release to its successor, which need not wait for the lease", async () => {
    const world = new World(plan);
    approveAll(world);
    for (let round = 0; round < 3; round += 1) {
      const releaser = world.releaser();
      const left = releaser.release();
      await world.clock.pass(2_000);
      releaser.leave();
      assert.equal(((await world.clock.settle(left)) as { end: string }).end, "left");
    }
    const before = world.clock.monotonic();
    const last = world.releaser().release();
    await world.clock.pass(100);
    assert.ok(world.events.includes("taken-over"));
    assert.ok(world.clock.monotonic() - before < 2_000);
    assert.equal((await world.clock.settle(last)).state.phase, "released");
    assert.deepEqual(world.shares, [0, 10, 100]);
  });
});
