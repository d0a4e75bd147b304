import assert from "node:assert/strict";
import { ForbiddenError, InvalidError, UnreachableError } from "../../../delivery/cluster/errors.ts";
import { stageKept } from "../../../delivery/release/kept.ts";
import type { Adapters } from "../../../delivery/release/session.ts";
import { untilAborted } from "../../../delivery/release/until-aborted.ts";
import type { Call } from "../support/memory-cluster.ts";
import { releasePlan } from "../support/plans.ts";
import type { Releaser } from "./releaser.ts";
import { templates, World } from "./world.ts";

const never = new Promise<void>(() => undefined);

/** Runs a release in which some of what it meets is different. */
function releaseWith(releaser: Releaser, changes: Partial<Adapters>): ReturnType<Releaser["release"]> {
  return releaser.release({}, { adapters: (tools) => ({ ...releaser.adapters(tools), ...changes }) });
}

function isLedgerWrite({ verb, plural }: Call): boolean {
  return verb === "patch" && plural === "configmaps";
}

describe("a release in trouble", () => {
  it("goes nowhere that it cannot journal, but back, and journals that as soon as it can", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await world.clock.pass(10_000);
    const lines = world.journal.length;
    world.cluster.before = (call) => {
      if (isLedgerWrite(call)) throw new ForbiddenError({ verb: "patch", target: "ledger", status: 403 }, "no");
    };
    await world.clock.pass(30_000);
    assert.equal(world.percent, 0, "it is back while the ledger still cannot be written");
    assert.equal(world.journal.length, lines);
    world.cluster.before = () => undefined;
    const { state } = await world.clock.settle(ended);
    assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", "internal_error"]);
    assert.deepEqual(world.shares, [0, 10, 0]);
    assert.deepEqual(world.events.slice(lines), ["failed", "returned", "return-confirmed", "scaled-down"]);
    assert.deepEqual(
      world.journal.map(({ seq }) => seq),
      world.journal.map((_, index) => index + 1),
    );
  });

  it("ends soon after an abort where its end cannot be written, and can be ended by the next one", async () => {
    for (const refused of [
      new ForbiddenError({ verb: "patch", target: "ledger", status: 403 }, "no"),
      new InvalidError({ verb: "patch", target: "ledger", status: 413 }, "too large"),
      new UnreachableError({ verb: "patch", target: "ledger" }, "no answer"),
    ]) {
      const world = new World();
      const first = world.releaser();
      const ended = first.release();
      await world.clock.pass(10_000);
      world.cluster.before = (call) => {
        if (isLedgerWrite(call)) throw refused;
      };
      world.errors.candidate = 1;
      await world.clock.pass(90_000);
      assert.equal(world.percent, 0);
      const aborted = world.clock.now();
      first.abort();
      const end = await world.clock.settle(ended);
      assert.equal(end.end, "left");
      assert.ok(world.clock.now() - aborted <= 15_000, `${world.clock.now() - aborted} ms`);
      assert.match(world.troubles.at(-1) ?? "", /^quarantining: not done within 10 s of the abort, and left: /);
      world.cluster.before = () => undefined;
      const { state } = await world.clock.settle(world.releaser().release());
      assert.equal(state.phase, "rolled-back");
    }
  });

  it("does not wait long for a journal that hangs, when it is on its way back", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await world.clock.pass(10_000);
    world.errors.candidate = 1;
    const hangs = { is: true };
    world.cluster.before = (call) => (hangs.is && isLedgerWrite(call) ? never : undefined);
    await world.clock.pass(3_500);
    assert.equal(world.percent, 0);
    hangs.is = false;
    const { state } = await world.clock.settle(ended);
    assert.equal(state.cause?.reason, "high_error_rate");
  });

  it("ends when pods cannot be taken away, and leaves them to people", async () => {
    for (const bad of [true, false]) {
      const world = new World();
      if (bad) world.errors.candidate = 1;
      const ended = world.releaser().release();
      await world.clock.pass(500);
      world.cluster.before = ({ verb, plural }) => {
        if (verb === "patch" && plural === "deployments")
          throw new ForbiddenError({ verb, target: plural, status: 403 }, "no");
      };
      const { state } = await world.clock.settle(ended);
      assert.equal(state.phase, bad ? "rolled-back" : "released");
      const slot = bad ? "green" : "blue";
      assert.equal(world.replicas(slot), 2);
      assert.equal(world.troubles.at(-1), `${slot} keeps its pods: patch deployments: no`);
    }
  });

  it("is not followed by one of the version that served before and kept its pods, unless that was staged", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await world.clock.pass(500);
    world.cluster.before = ({ verb, plural }) => {
      if (verb === "patch" && plural === "deployments")
        throw new ForbiddenError({ verb, target: plural, status: 403 }, "no");
    };
    await world.clock.settle(ended);
    world.cluster.before = () => undefined;
    assert.equal(world.replicas("blue"), 2);
    // A workflow runs again, with the image that serves; and somebody releases what is staged.
    for (const request of [{ image: "registry.test/atom:b" }, {}])
      await assert.rejects(world.clock.settle(world.releaser().release(request)), {
        refusal: "nothing_staged",
        message:
          /^There is nothing to release: green serves v-b of atom, and blue holds v-a \(aaaaaaaaaaaa\), which served before/,
      });
    assert.deepEqual([world.ledger.active, world.ledger.sequence, world.replicas("blue")], ["green", 1, 2]);
    await world.clock.settle(world.releaser().release({ staged: templates.blue }));
    assert.equal(world.ledger.active, "blue");
  });

  it("leaves alone what somebody else has staged in the candidate's slot meanwhile", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await world.clock.pass(10_000);
    world.stage("green", "cccccccccccc");
    world.errors.candidate = 1;
    const { state } = await world.clock.settle(ended);
    assert.deepEqual([state.phase, state.cause?.reason], ["aborted", "superseded"]);
    assert.equal(world.replicas("green"), 2);
    assert.equal(world.journal.at(-1)?.detail, "green holds another template by now and is left alone");

    const early = new World();
    early.unready = "";
    early.stage("green", templates.green);
    const waiting = early.releaser().release();
    await early.clock.pass(5_000);
    early.stage("green", "cccccccccccc");
    assert.equal((await early.clock.settle(waiting)).state.cause?.reason, "superseded");
  });

  it("takes a smoke test that does not end for a failed one, and one that breaks for a mistake of its own", async () => {
    const world = new World();
    const hanging = { run: (_: unknown, signal: AbortSignal) => untilAborted(signal).promise };
    const { state } = await world.clock.settle(releaseWith(world.releaser(), { smoke: hanging }));
    assert.deepEqual(state.cause, {
      reason: "smoke_test_failed",
      detail: "the smoke test was not done within 120 s",
    });
    const broken = new World();
    const breaking = { run: () => Promise.reject(new Error("no credentials")) };
    const { state: other } = await broken.clock.settle(releaseWith(broken.releaser(), { smoke: breaking }));
    assert.deepEqual(other.cause, { reason: "internal_error", detail: "no credentials" });
    assert.deepEqual(broken.ledger.quarantine, []);
  });

  it("goes back when its guard breaks down or ends", async () => {
    for (const [detail, watch] of [
      ["the guard broke down: it ended by itself", []],
      ["the guard broke down: out of memory", new Error("out of memory")],
    ] as const) {
      const world = new World();
      const guard = {
        async *watch() {
          await Promise.resolve();
          if (watch instanceof Error) throw watch;
          yield* watch;
        },
      };
      const { state } = await world.clock.settle(releaseWith(world.releaser(), { guard }));
      assert.deepEqual([state.phase, state.cause], ["rolled-back", { reason: "internal_error", detail }]);
      assert.equal(world.percent, 0);
    }
  });

  it("says once why pods cannot be read, and nothing of a read that failed now and then", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await world.clock.pass(5_000);
    for (let hiccup = 0; hiccup < 5; hiccup += 1) {
      world.guardProblems = ["atom-green-1: no answer"];
      await world.clock.pass(1_000);
      world.guardProblems = [];
      await world.clock.pass(1_000);
    }
    assert.deepEqual(world.troubles, []);
    world.guardProblems = ["atom-green-1: forbidden"];
    await world.clock.settle(ended);
    assert.deepEqual(world.troubles, ["guard: atom-green-1: forbidden"]);
  });

  it("goes back at once from a candidate whose pods are down, and says what they suffer", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await world.clock.pass(10_000);
    world.down = [{ kind: "unready", pod: "atom-green-1", detail: "probe failed" }];
    await world.clock.pass(1_500);
    assert.equal(world.percent, 0);
    const { state } = await world.clock.settle(ended);
    assert.equal(state.cause?.reason, "not_ready");
    assert.match(state.cause.detail, /; atom-green-1: probe failed$/);
    assert.equal(world.ledger.quarantine[0]?.template, templates.green);
  });

  it("follows the policy for a weight that does not take effect", async () => {
    for (const [policy, end, phase] of [
      ["hold", "held", "held"],
      ["warn", "over", "released"],
    ] as const) {
      const world = new World(releasePlan({ policies: { unconfirmedShift: policy }, deadlines: { hold: 1_000 } }));
      world.confirms = "contradicted";
      const result = await world.clock.settle(world.releaser().release());
      assert.deepEqual([result.end, result.state.phase], [end, phase]);
      if (policy === "warn") assert.deepEqual(result.state.warned, ["weight"]);
      else assert.equal(world.percent, 0);
    }
  });

  it("does not take a weight that cannot be looked at for wrong", async () => {
    const world = new World();
    const releaser = world.releaser();
    const ended = releaser.release(
      {},
      {
        adapters: (tools) => {
          const adapters = releaser.adapters(tools);
          const confirm = (): Promise<never> => Promise.reject(new Error("no counters"));
          return { ...adapters, router: { ...adapters.router, confirm } };
        },
      },
    );
    assert.equal((await world.clock.settle(ended)).state.phase, "released");
    assert.ok(world.journal.some(({ detail }) => detail === "it could not be looked at: no counters"));
  });

  it("sends requests of its own to a candidate that gets none, where the plan wants that", async () => {
    const world = new World();
    world.requestsPerSecond = 0;
    let driven = 0;
    const synthetic = {
      drive: async (signal: AbortSignal) => {
        driven += 1;
        world.counters();
        world.requestsPerSecond = 1_000;
        await world.clock.sleep(2_000, signal);
        world.counters();
        world.requestsPerSecond = 0;
        return { sent: 200, failed: 0 };
      },
    };
    const { state } = await world.clock.settle(releaseWith(world.releaser(), { synthetic }));
    assert.equal(state.phase, "released");
    assert.equal(driven, 3);
  });
});

describe("an observed release", () => {
  it("is judged like any other, and moves, scales and writes nothing", async () => {
    const world = new World();
    world.requestsPerSecond = 0;
    const { state, journal, subject } = await world.clock.settle(world.releaser().observe());
    assert.deepEqual([subject.id, subject.candidate.template], ["observed", templates.green]);
    assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", "no_traffic"]);
    assert.ok(journal.some(({ event, phase }) => event === "failed" && phase === "returning"));
    assert.deepEqual(world.cluster.writes, []);
    // Whoever asks for the candidate without its route has the version that serves answer.
    assert.deepEqual(world.smoked, []);
    assert.ok(world.troubles.some((trouble) => trouble.includes("is not smoke-tested")));
  });

  it("may be one that another releaser has under way", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await world.clock.pass(5_000);
    const observed = world.releaser().observe();
    await world.clock.settle(ended);
    const { subject, journal } = await world.clock.settle(observed);
    assert.equal(subject.id, "r1 (observed)");
    assert.deepEqual(world.smoked, ["green", "green"]);
    assert.ok(journal.some(({ event }) => event === "step-passed"));
  });

  it("is refused where nothing is staged", async () => {
    const world = new World();
    world.stage("green", templates.green, 0);
    await assert.rejects(world.clock.settle(world.releaser().observe()), { refusal: "nothing_staged" });
  });
});

describe("a rollback after the release", () => {
  it("stages what served before, needs nothing but the cluster, and skips the canary only on request", async () => {
    const world = new World();
    await world.clock.settle(world.releaser().release());
    const back = world.releaser().release({ hotfix: "rollback to r0" }, { prepare: stageKept(undefined) });
    const { id, state } = await world.clock.settle(back);
    assert.deepEqual([id, state.phase, world.ledger.active], ["r2", "released", "blue"]);
    assert.deepEqual([world.replicas("blue"), world.replicas("green")], [2, 0]);

    await world.clock.settle(world.releaser().release({}, { prepare: stageKept("r1") }));
    assert.deepEqual(
      world.ledger.releases.map(({ id: past, template, mode }) => [past, template, mode]),
      [
        ["r3", templates.green, "canary"],
        ["r2", templates.blue, "hotfix"],
        ["r1", templates.green, "canary"],
        ["r0", templates.blue, "canary"],
      ],
    );
  });

  it("is refused for a release that is not kept, or serves", async () => {
    const world = new World();
    await world.clock.settle(world.releaser().release());
    for (const id of ["r1", "r7"])
      await assert.rejects(world.clock.settle(world.releaser().release({}, { prepare: stageKept(id) })), {
        name: "NotKeptError",
        message: `Release ${id} of atom is not kept, so there is no way back to it (there is: r0 (v-a)).\nRelease the version anew: put its image into the stack's configuration.`,
      });
    const fresh = new World();
    await assert.rejects(fresh.clock.settle(fresh.releaser().release({}, { prepare: stageKept(undefined) })), {
      message: /^There is no earlier release of atom, so there is no way back to it \(there is: none\)/,
    });
  });
});
