// A candidate whose own answers are broken: its metrics page, or its login. What clients saw, and that the release ends and is on record.
import assert from "node:assert/strict";
import type { ReleasePlanInput } from "../../../components/release-plan/release-plan.ts";
import { otherSlot } from "../../../components/names/slot-name.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import type { AtomEnd } from "../support/atom-process.ts";
import { stageBehind, longText, type Front } from "../support/front.ts";
import { ReleaseStack } from "../support/release-stack.ts";
import { changePlan, quickPlan } from "../support/staging.ts";

/** A rollout and a release on two busy cores, in milliseconds. */
const drillMs = 300_000;

/** A step and policies that wait for longer than any test: what ends the release is the guard. */
const waitsLong = {
  steps: [
    { percent: 50, wait: 600_000 },
    { percent: 100, wait: 1_000 },
  ],
} satisfies Partial<ReleasePlanInput>;

describe("A candidate with broken answers", function () {
  this.timeout(drillMs);
  let stack: ReleaseStack;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await ReleaseStack.create("answers");
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  interface Played extends AtomEnd {
    readonly failed: number;
    readonly ledger: Awaited<ReturnType<typeof stack.stack.ledger>>;
    readonly quarantined: boolean;
  }

  /** Releases such a version under load; it ends by itself, with users where they were. */
  async function play(front: Front): Promise<Played> {
    await changePlan(stack.stack, (plan) => ({ ...quickPlan(plan), ...waitsLong }));
    const template = await stageBehind(stack.stack, front);
    const { active } = await stack.stack.ledger();
    await using load = stack.load({ clients: 2, pauseMs: 20 });
    const end = await stack.start(["release", "--staged"]).ended;
    assert.equal(end.code, 10, end.stderr);
    const ledger = await stack.stack.ledger();
    assert.deepEqual([ledger.current, ledger.active], [null, active]);
    assert.deepEqual(await stack.stack.weights(), { [active]: 100, [otherSlot(active)]: 0 });
    const { failed, requests, errors } = await load.stop();
    assert.ok(requests > 100, `only ${requests} requests were sent`);
    assert.deepEqual(errors, []);
    return { ...end, ledger, failed, quarantined: ledger.quarantine.some((entry) => entry.template === template) };
  }

  const causeOf = ({ ledger }: Played) => ledger.releases[0]?.state.cause;

  it("that hides its metrics in the middle of a step and fails its users is out by the guard, long before any deadline for missing data", async () => {
    const front: Front = { metrics: { status: 403, body: "{}", afterRequests: 300 }, failsEvery: 3 };
    const played = await play(front);
    assert.equal(causeOf(played)?.reason, "metrics_unavailable", JSON.stringify(causeOf(played)));
    assert.match(causeOf(played)?.detail ?? "", /the candidate has given no counters for \d+ s, and \w+ gives its own/);
    assert.ok(played.failed > 0);
    assert.equal(played.quarantined, false, "the reason is not one of the version's alone");
  });

  it("that answers for its metrics with a Status of 1.5 MB is out, with a record that fits", async () => {
    const message = { kind: "Status", apiVersion: "v1", status: "Failure", code: 503, message: longText };
    const played = await play({ metrics: { status: 503, body: JSON.stringify(message), afterRequests: 300 } });
    // The API server says just so of a pod that it cannot reach, and nothing tells the two apart: nobody is blamed.
    assert.equal(causeOf(played)?.reason, "pods_unavailable", JSON.stringify(causeOf(played)));
    assert.equal(played.quarantined, false);
    assert.equal(played.failed, 0);
    const lines = played.ledger.releases[0]?.journal.map(({ detail }) => detail.length) ?? [];
    assert.ok(Math.max(...lines) < 4_096, lines.join(", "));
  });

  for (const [what, token] of [
    ["a line break in it", "a\r\nx-admin: yes"],
    ["letters that no header can carry", "токен"],
  ] as const)
    it(`that answers a login with a token with ${what} failed its smoke test by itself, and no user came to it`, async () => {
      const played = await play({ token });
      assert.equal(causeOf(played)?.reason, "smoke_test_failed", JSON.stringify(causeOf(played)));
      assert.deepEqual([played.failed, played.quarantined], [0, true]);
      assert.ok(!played.stderr.includes(token));
    });
});
