import assert from "node:assert/strict";
import type { PastRelease } from "../../../components/ledger/release-record.ts";
import { ConvergeError } from "../../../delivery/release/ports.ts";
import { releasePlan } from "../support/plans.ts";
import { templates, World } from "./world.ts";

const there = ["shifted", "confirmed", "step-passed"];
const back = ["returned", "return-confirmed", "quarantined", "scaled-down"];

function refuse(world: World): void {
  world.down = [{ kind: "unreachable", pod: "atom-green-1", detail: "connection refused" }];
}

describe("a release", () => {
  it("moves a good candidate to 100 % step by step, keeps the old slot warm, then takes its pods away", async () => {
    const world = new World();
    const end = await world.clock.settle(world.releaser().release());
    assert.equal(end.end, "over");
    assert.deepEqual(world.shares, [0, 10, 50, 100]);
    assert.deepEqual(world.events, [
      ...["prepared", "ready", "smoke-passed", ...there, ...there, ...there],
      ...["smoke-passed", "soaked", "finished"],
    ]);
    const { active, current, releases, quarantine } = world.ledger;
    assert.equal(active, "green");
    assert.equal(current, null);
    assert.deepEqual(
      releases.map(({ id, outcome, template }) => [id, outcome, template]),
      [
        ["r1", "released", templates.green],
        ["r0", "baseline", templates.blue],
      ],
    );
    assert.deepEqual(quarantine, []);
    assert.deepEqual([world.replicas("green"), world.replicas("blue")], [2, 0]);
    assert.deepEqual(world.troubles, []);
  });

  it("uses the other slot the next time, ten times in a row", async () => {
    const world = new World();
    await world.clock.settle(world.releaser().release());
    for (let round = 2; round <= 10; round += 1) {
      const { active } = world.ledger;
      const idle = active === "blue" ? "green" : "blue";
      world.stage(idle, `template${round}`);
      const end = await world.clock.settle(world.releaser().release());
      assert.equal(end.state.phase, "released");
      assert.equal(world.ledger.active, idle);
    }
    assert.equal(world.ledger.releases[0]?.id, "r10");
  });

  for (const [what, break_, reason, shares] of [
    ["fails requests", (world: World) => (world.errors.candidate = 0.2), "high_error_rate", [0, 10, 0]],
    ["answers slowly", (world: World) => (world.slow.candidate = 0.5), "high_latency", [0, 10, 0]],
    // Known before its first user, who is spared it.
    ["restarts", (world: World) => (world.restarts = 1), "pods_restarted", [0]],
    ["refuses connections (row 14)", refuse, "not_ready", [0]],
  ] as const)
    it(`takes back a candidate that ${what}, and keeps its template from coming again`, async () => {
      const world = new World();
      break_(world);
      const { state } = await world.clock.settle(world.releaser().release());
      assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", reason]);
      assert.deepEqual(world.shares, shares);
      assert.deepEqual(world.events.slice(-5), ["failed", ...back]);
      assert.deepEqual([world.replicas("green"), world.replicas("blue")], [0, 2]);
      assert.equal(world.ledger.active, "blue");
      assert.equal(world.ledger.quarantine[0]?.template, templates.green);
      // Whether it is staged once more, or left without pods as the rollback left it.
      await assert.rejects(world.clock.settle(world.releaser().release()), { refusal: "quarantined" });
      world.stage("green", templates.green);
      await assert.rejects(world.clock.settle(world.releaser().release()), { refusal: "quarantined" });
    });

  for (const [what, break_, reason, events] of [
    [
      "whose smoke test fails",
      (world: World) => (world.smokePasses.candidate = false),
      "smoke_test_failed",
      ["prepared", "ready"],
    ],
    ["that never gets ready", (world: World) => (world.unready = ""), "pods_unavailable", ["prepared"]],
    [
      "that is known to be stuck",
      (world: World) => (world.unready = "no image"),
      "pods_unavailable",
      ["prepared", "noted"],
    ],
  ] as const)
    it(`never gives traffic to a candidate ${what}`, async () => {
      const world = new World();
      break_(world);
      world.stage("green", templates.green);
      const { state } = await world.clock.settle(world.releaser().release());
      assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", reason]);
      assert.deepEqual(world.shares, [0]);
      const isBlamed = reason === "smoke_test_failed";
      assert.deepEqual(world.events, [
        ...events,
        "failed",
        ...back.filter((event) => isBlamed || event !== "quarantined"),
      ]);
      assert.equal(world.ledger.quarantine.length, isBlamed ? 1 : 0);
      assert.equal(world.replicas("green"), 0);
    });

  it("goes back when the public smoke test fails at 100 %", async () => {
    const world = new World();
    world.smokePasses.public = false;
    const { state } = await world.clock.settle(world.releaser().release());
    assert.equal(state.cause?.reason, "smoke_test_failed");
    assert.deepEqual(world.shares, [0, 10, 50, 100, 0]);
  });

  it("goes back from the soak in one step, the old slot being warm", async () => {
    const world = new World(releasePlan({ soak: 600_000 }));
    const ended = world.releaser().release();
    await world.clock.pass(100_000);
    assert.equal(world.ledger.current?.state.phase, "soaking");
    assert.equal(world.replicas("blue"), 2);
    world.errors.candidate = 0.3;
    const { state } = await world.clock.settle(ended);
    assert.equal(state.cause?.reason, "high_error_rate");
    assert.deepEqual(world.shares, [0, 10, 50, 100, 0]);
  });

  it("notes a breach and goes on where the policy is to warn", async () => {
    const thresholds = {
      errorRate: { max: 0.01, policy: "warn" },
      latency: { seconds: 0.5, policy: "warn" },
      restarts: { policy: "warn" },
    } as const;
    const world = new World(releasePlan({ thresholds }));
    world.errors.candidate = 0.2;
    world.restarts = 3;
    const { state } = await world.clock.settle(world.releaser().release());
    assert.equal(state.phase, "released");
    assert.deepEqual(state.warned.toSorted(), ["errorRate", "restarts"]);
    assert.deepEqual(world.shares, [0, 10, 50, 100]);
  });

  it("steps back to the last good weight and waits for a person where the policy is to hold", async () => {
    const hold = { errorRate: { max: 0.001, policy: "hold" }, latency: { seconds: 0.2, policy: "hold" } } as const;
    const world = new World(releasePlan({ thresholds: hold, deadlines: { hold: 60_000 } }));
    const first = world.releaser().release();
    await world.clock.pass(30_000);
    assert.equal(world.percent, 50);
    world.errors.candidate = 0.2;
    const held = await world.clock.settle(first);
    assert.deepEqual([held.end, held.state.phase, held.state.cause?.reason], ["held", "held", "high_error_rate"]);
    assert.equal(world.percent, 10);

    world.errors.candidate = 0;
    const second = world.releaser();
    const resumed = second.release();
    await world.clock.pass(5_000);
    assert.equal(world.percent, 10);
    await world.clock.settle(second.ask({ kind: "resume", by: "anna" }));
    assert.equal((await world.clock.settle(resumed)).state.phase, "released");
    assert.deepEqual(world.shares, [0, 10, 50, 10, 50, 100]);
  });

  it("blames no candidate for what the active slot suffers as well, and holds", async () => {
    const world = new World(releasePlan({ deadlines: { hold: 1_000 } }));
    world.errors = { candidate: 0.1, active: 0.1 };
    const { end, state } = await world.clock.settle(world.releaser().release());
    assert.deepEqual([end, state.cause?.reason], ["held", "shared_fault"]);
    assert.deepEqual(world.ledger.quarantine, []);
  });

  it("waits for evidence beyond a step's time, then follows the policy for too little of it", async () => {
    const world = new World(releasePlan({ policies: { noData: { policy: "rollback", deadline: 40_000 } } }));
    world.requestsPerSecond = 0;
    const { state } = await world.clock.settle(world.releaser().release());
    assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", "no_traffic"]);
    assert.deepEqual(world.ledger.quarantine, [], "a quiet service says nothing about the template");
    assert.ok(world.clock.monotonic() >= 60_000);
  });

  it("is not taken back because Prometheus is away for a while, and follows the policy when it stays away", async () => {
    const patient = { metricsUnavailable: { policy: "rollback", deadline: 60_000 } } as const;
    const world = new World(releasePlan({ policies: patient }));
    world.prometheus = "down";
    const ended = world.releaser().release();
    await world.clock.pass(50_000);
    assert.equal(world.percent, 10);
    world.prometheus = "up";
    assert.equal((await world.clock.settle(ended)).state.phase, "released");

    const dark = new World(releasePlan({ policies: patient }));
    dark.prometheus = "down";
    const { state } = await dark.clock.settle(dark.releaser().release());
    assert.equal(state.cause?.reason, "metrics_unavailable");
    assert.deepEqual(dark.ledger.quarantine, []);
  });

  it("sees a bad candidate without Prometheus just the same", async () => {
    const world = new World();
    world.prometheus = "down";
    world.errors.candidate = 1;
    const { state } = await world.clock.settle(world.releaser().release());
    assert.equal(state.cause?.reason, "high_error_rate");
    assert.ok(world.clock.monotonic() < 10_000);
  });

  it("records which configured image another one was released instead of, and only then", async () => {
    const { image, insteadOf } = await releasedWith("");
    assert.equal(insteadOf, undefined);
    assert.equal((await releasedWith(image)).insteadOf, undefined);
    assert.equal((await releasedWith("registry.test/atom:configured")).insteadOf, "registry.test/atom:configured");

    async function releasedWith(configured: string): Promise<PastRelease> {
      const world = new World(releasePlan({ image: configured }));
      await world.clock.settle(world.releaser().release());
      const [release] = world.ledger.releases;
      assert.ok(release?.outcome === "released");
      return release;
    }
  });

  it("judges steps by the pods' own counters where there is no Prometheus", async () => {
    const world = new World();
    world.prometheus = null;
    assert.equal((await world.clock.settle(world.releaser().release())).state.phase, "released");
  });

  it("does not leave traffic on a candidate that nobody can watch", async () => {
    const world = new World(
      releasePlan({
        steps: [
          { percent: 10, wait: 600_000 },
          { percent: 100, wait: 0 },
        ],
      }),
    );
    world.readable = false;
    world.prometheus = "down";
    const { state } = await world.clock.settle(world.releaser().release());
    assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", "metrics_unavailable"]);
    assert.ok(world.clock.monotonic() < 90_000);
  });

  it("waits for an approval under guard, and goes back when nobody gives one in time", async () => {
    const steps = [
      { percent: 10, wait: 20_000 },
      { pause: "approval", deadline: 100_000 },
      { percent: 100, wait: 20_000 },
    ] as const;
    const world = new World(releasePlan({ steps: [...steps] }));
    const releaser = world.releaser();
    const ended = releaser.release();
    await world.clock.pass(60_000);
    assert.equal(world.ledger.current?.state.phase, "awaiting-approval");
    await world.clock.settle(releaser.ask({ kind: "approve", by: "anna" }));
    assert.equal((await world.clock.settle(ended)).state.phase, "released");
    assert.ok(world.journal.some(({ detail }) => detail === "approved by anna"));

    const alone = new World(releasePlan({ steps: [...steps] }));
    assert.equal((await alone.clock.settle(alone.releaser().release())).state.cause?.reason, "approval_timeout");

    const guarded = new World(releasePlan({ steps: [...steps] }));
    const waiting = guarded.releaser().release();
    await guarded.clock.pass(60_000);
    guarded.errors.candidate = 0.5;
    assert.equal((await guarded.clock.settle(waiting)).state.cause?.reason, "high_error_rate");
  });

  it("skips the waits of a hotfix, with its reason on record, and guards it all the same", async () => {
    const world = new World();
    const { state } = await world.clock.settle(world.releaser().release({ hotfix: "CVE-2026-1" }));
    assert.equal(state.phase, "released");
    assert.deepEqual(world.shares, [0, 10, 50, 100]);
    assert.equal(world.ledger.releases[0]?.mode, "hotfix");
    assert.ok(world.journal.some(({ detail }) => detail === "not measured, this is a hotfix: CVE-2026-1"));
    assert.ok(world.clock.monotonic() < 25_000, "little more than the soak");

    const bad = new World();
    bad.errors.candidate = 1;
    const { state: failed } = await bad.clock.settle(bad.releaser().release({ hotfix: "CVE-2026-1" }));
    assert.equal(failed.cause?.reason, "high_error_rate");
  });

  it("goes back when a weight is seen not to be in effect, and goes on unconfirmed where that cannot be seen", async () => {
    const world = new World();
    world.confirms = "contradicted";
    const ended = world.releaser().release();
    await world.clock.pass(32_000);
    world.confirms = "confirmed";
    assert.equal((await world.clock.settle(ended)).state.cause?.reason, "shift_not_confirmed");

    const blind = new World();
    blind.confirms = "unknown";
    assert.equal((await blind.clock.settle(blind.releaser().release())).state.phase, "released");
    assert.ok(blind.events.includes("unconfirmed"));
  });

  it("leaves the candidate's pods running when the way back is not in effect", async () => {
    const world = new World();
    const ended = world.releaser().release();
    await world.clock.pass(5_000);
    world.confirms = "contradicted";
    world.errors.candidate = 1;
    const { state } = await world.clock.settle(ended);
    assert.equal(state.phase, "rolled-back");
    assert.equal(state.candidateStays, true);
    assert.equal(world.replicas("green"), 2);
    assert.ok(world.troubles.some((trouble) => trouble.startsWith("the way back is not in effect")));
  });

  for (const [confirms, seconds] of [
    ["pending", 60],
    ["unknown", 0],
  ] as const)
    it(`does not claim to have seen the way back that it could not see (${confirms}), and takes the candidate's pods away`, async () => {
      const world = new World(releasePlan({ deadlines: { return: 60_000 } }));
      const ended = world.releaser().release();
      await world.clock.pass(5_000);
      world.confirms = confirms;
      world.errors.candidate = 1;
      const { state } = await world.clock.settle(ended);
      assert.deepEqual([state.phase, state.candidateStays], ["rolled-back", undefined]);
      assert.equal(world.replicas("green"), 0);
      assert.deepEqual(world.events.slice(-4), ["returned", "return-unconfirmed", "quarantined", "scaled-down"]);
      const [returned, looked] = world.journal.slice(-4).map(({ at }) => Date.parse(at) / 1000) as [number, number];
      assert.equal(Math.floor(looked - returned), seconds);
    });

  it("is refused when nothing is staged, or not what was asked for", async () => {
    const world = new World();
    await assert.rejects(world.clock.settle(world.releaser().release({ image: "registry.test/atom:other" })), {
      refusal: "not_the_image",
    });
    world.stage("green", templates.green, 0);
    await assert.rejects(world.clock.settle(world.releaser().release()), { refusal: "nothing_staged" });
    world.stage("green", templates.blue);
    await assert.rejects(world.clock.settle(world.releaser().release()), { refusal: "nothing_staged" });
    assert.equal(world.ledger.sequence, 0);
  });

  it("stages first, and takes back a candidate that kept the environment from coming up, unblamed where none of its pods crashed", async () => {
    const world = new World();
    world.stage("green", templates.green, 0);
    const prepare = (): Promise<never> => {
      world.unready = "ImagePullBackOff";
      world.stage("green", templates.green);
      return Promise.reject(new ConvergeError("Deployment atom-green did not become ready"));
    };
    const { state } = await world.clock.settle(world.releaser().release({}, { prepare }));
    assert.deepEqual([state.phase, state.cause?.reason], ["rolled-back", "pods_unavailable"]);
    assert.deepEqual(world.ledger.quarantine, []);

    const broken = new World();
    broken.stage("green", templates.green, 0);
    await assert.rejects(
      broken.clock.settle(
        broken.releaser().release({}, { prepare: () => Promise.reject(new ConvergeError("no such chart")) }),
      ),
      { name: "ConvergeError", message: "no such chart" },
    );
    assert.equal(broken.ledger.current, null);
  });

  it("leaves what served before, which still has pods, as it is where the environment could not be brought up", async () => {
    const world = new World();
    await world.clock.settle(world.releaser().release());
    world.stage("blue", templates.blue);
    const prepare = (): Promise<never> => Promise.reject(new ConvergeError("the migration failed"));
    await assert.rejects(world.clock.settle(world.releaser().release({}, { prepare })), {
      name: "ConvergeError",
      message: "the migration failed",
    });
    assert.deepEqual([world.ledger.current, world.ledger.active, world.replicas("blue")], [null, "green", 2]);
  });
});
