import assert from "node:assert/strict";
import type { Reason } from "../../../components/ledger/release-record.ts";
import { otherSlot, type SlotName } from "../../../components/names/slot-name.ts";
import { blamesCandidate } from "../../../delivery/release/state-machine.ts";
import type { Faults } from "../../../service/src/faults.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import type { Answer, LoadReport } from "../../support/load.ts";
import { quickRelease, ReleaseStack, warningThresholds, type Change } from "../support/release-stack.ts";
import { atom } from "../support/test-stack.ts";

/** A fault, its rollback, a preview and a second try on two busy cores, in milliseconds. */
const faultMs = 420_000;

/** Users ask without a token: they fail, and the smoke test, which has one, does not. */
const usersOnly = { routes: ["/api/skills"], exceptHeader: "authorization" } satisfies Partial<Faults>;
/** A rare fault needs requests to be seen, and a step that has fewer must not be passed. */
const manyRequests = { minRequests: 3_000, noData: { policy: "rollback", deadline: "240s" } };
/** A step that lasts until the fault shows. */
const longSteps = {
  steps: [
    { weight: 10, wait: "120s" },
    { weight: 100, wait: "2s" },
  ],
};
const neverReady = { deadlines: { ...quickRelease.deadlines, ready: "20s" } };

interface FaultCase {
  readonly title: string;
  readonly change: Change;
  readonly reason: Reason;
  /** What the record says of it. */
  readonly detail: RegExp;
  /** Highest share of the traffic that it gets, in percent. */
  readonly percent: number;
  /** Pods that die leave requests behind that no pod answered; Envoy says so to the clients. */
  readonly dies?: boolean;
  /** `up` waits for its pods in vain. The engine remembers that, and says "update" until another `up` has found the slot as it is. */
  readonly failsToStart?: boolean;
  /** Does something to what is staged. @default one command stages and releases it */
  readonly spoil?: (stack: ReleaseStack, candidate: SlotName) => Promise<void>;
  /** Of the releaser. */
  readonly env?: Readonly<Record<string, string>>;
}

const rolledBack: readonly FaultCase[] = [
  {
    title: "that fails every request",
    change: { faults: { ...usersOnly, errorShare: 1 } },
    reason: "high_error_rate",
    detail: /errorRate FAIL/,
    percent: 10,
  },
  {
    title: "that fails every fifth request",
    change: { faults: { ...usersOnly, errorShare: 0.2 } },
    reason: "high_error_rate",
    detail: /errorRate FAIL/,
    percent: 10,
  },
  {
    title: "that fails every hundredth request",
    change: { faults: { ...usersOnly, errorShare: 0.01 }, release: manyRequests },
    reason: "high_error_rate",
    detail: /errorRate FAIL/,
    percent: 10,
  },
  {
    title: "that is slow and answers well",
    change: { faults: { ...usersOnly, latencyMs: 800 } },
    reason: "high_latency",
    detail: /latency FAIL/,
    percent: 10,
  },
  {
    title: "that crashes at its start, again and again",
    change: { faults: { crashAfterSeconds: 0.1 }, release: neverReady },
    failsToStart: true,
    reason: "not_ready",
    detail: /CrashLoopBackOff|container atom restarted \d+ times?, it ended with Error \(exit code 1\)/,
    percent: 0,
  },
  {
    title: "that crashes while users are on it",
    change: { faults: { crashAfterSeconds: 30 }, release: longSteps },
    reason: "pods_restarted",
    detail: /1 restart; .*container atom ended with code 1/,
    percent: 10,
    dies: true,
  },
  {
    title: "that never becomes ready",
    change: { faults: { notReady: true }, release: neverReady },
    failsToStart: true,
    reason: "pods_unavailable",
    detail: /container atom runs and does not become ready/,
    percent: 0,
  },
  {
    title: "whose image is gone by the time its pods start",
    change: { env: { FEATURE: "image" } },
    spoil: async ({ stack }, slot) => {
      const image = "atom.local/atom:0.0.0-missing";
      await stack.kubectl.run(["set", "image", "-n", stack.namespace, `deployment/atom-${slot}`, `atom=${image}`]);
    },
    reason: "pods_unavailable",
    detail: /ErrImageNeverPull/,
    percent: 0,
  },
  {
    title: "that fails its smoke test",
    change: { faults: { errorShare: 1 } },
    reason: "smoke_test_failed",
    detail: /log in.*500/,
    percent: 0,
  },
  {
    title: "that refuses the smoke test's password",
    change: { env: { FEATURE: "password" } },
    env: { SMOKE_TEST_PASSWORD: "not-the-password" },
    reason: "smoke_test_failed",
    detail: /log in.*401/,
    percent: 0,
  },
  {
    title: "that eats its memory until the kernel kills it",
    change: {
      faults: { memoryLeakMiBPerSecond: 8 },
      settings: [[atom("resources"), { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "320Mi" } }]],
      release: longSteps,
    },
    reason: "pods_restarted",
    detail: /1 restart; .*OOMKilled/,
    percent: 10,
    dies: true,
  },
];

describe("A bad version, under production's policy", function () {
  this.timeout(faultMs);
  let stack: ReleaseStack;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await ReleaseStack.create("faults");
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  for (const { title, change, reason, detail, percent, dies = false, failsToStart = false, spoil, env } of rolledBack)
    it(`${title} is rolled back for ${reason}, harms nobody but those who reached it, and ${blamesCandidate(reason) ? "does not come again" : "may be tried again"}`, async () => {
      const { active } = await stack.stack.ledger();
      const candidate = otherSlot(active);
      const failures = new Failures();
      await stack.configure(change);
      await using load = stack.load({ onAnswer: failures.see });
      if (spoil !== undefined) {
        await stack.stack.run("up");
        await spoil(stack, candidate);
      }
      const { code, ledger, record, stderr } = await stack.release(spoil === undefined ? [] : ["--staged"], env);

      assert.equal(code, 10, stderr);
      assert.equal(record.state.phase, "rolled-back");
      assert.deepEqual({ reason: record.state.cause?.reason, active: ledger.active }, { reason, active });
      assert.match(record.state.cause?.detail ?? "", detail);
      assert.equal(Math.max(...record.journal.map((line) => line.percent)), percent);

      assert.deepEqual(await stack.stack.weights(), { [active]: 100, [candidate]: 0 });
      assert.equal((await stack.replicas(candidate)).desired, 0);
      const quarantined = ledger.quarantine.some(({ template }) => template === record.template);
      assert.equal(quarantined, blamesCandidate(reason));
      if (quarantined) {
        if (failsToStart) await stack.stack.run("up");
        const preview = await stack.stack.run("preview");
        assert.equal(preview.changed, false, preview.output);
        assert.match(preview.notes.join("\n"), new RegExp(`template ${record.template} is quarantined and not staged`));

        const again = await stack.release([], env);
        assert.equal(again.code, 12, again.stderr);
        assert.match(
          again.stderr,
          new RegExp(`${record.template}.* is quarantined: release ${record.id} took it back`),
        );
        assert.deepEqual(await stack.stack.weights(), { [active]: 100, [candidate]: 0 });
      }

      const report = await load.stop();
      failures.areTheCandidatesOwn(report, dies);
      assert.equal(await stack.serverErrors(active), 0);
      if (percent === 0) assert.equal(report.failed, 0);
    });

  it("is followed by a mended one, which is released", async () => {
    const { active } = await stack.stack.ledger();
    await stack.configure({ faults: { ...usersOnly, errorShare: 1 }, env: { FEATURE: "broken" } });
    await using load = stack.load();
    const broken = await stack.release();
    assert.equal(broken.code, 10, broken.stderr);
    await stack.configure({ env: { FEATURE: "mended" } });
    const mended = await stack.release();
    assert.equal(mended.code, 0, mended.stderr);
    assert.equal(mended.ledger.active, otherSlot(active));
    assert.equal((await load.stop()).errors.length, 0);
  });
});

interface WarnedCase extends Pick<FaultCase, "title" | "change"> {
  readonly metric: string;
}

const warnedOf: readonly WarnedCase[] = [
  { title: "that fails every request", change: { faults: { ...usersOnly, errorShare: 1 } }, metric: "errorRate" },
  {
    title: "that fails every fifth request",
    change: { faults: { ...usersOnly, errorShare: 0.2 } },
    metric: "errorRate",
  },
  {
    title: "that fails every hundredth request",
    change: {
      faults: { ...usersOnly, errorShare: 0.01 },
      release: {
        steps: [
          { weight: 50, wait: "2s" },
          { weight: 100, wait: "2s" },
        ],
        minRequests: 2_000,
        noData: { policy: "warn", deadline: "240s" },
      },
    },
    metric: "errorRate",
  },
  {
    title: "that is slow and answers well",
    change: { faults: { ...usersOnly, latencyMs: 800 }, release: { minRequests: 5 } },
    metric: "latency",
  },
];

describe("A bad version, under staging's policy", function () {
  this.timeout(faultMs);
  let stack: ReleaseStack;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await ReleaseStack.create("warned");
  });

  // What is compared with must be good.
  afterEach(async () => {
    const { sequence } = await stack.stack.ledger();
    await stack.stage({ env: { FEATURE: `mended after ${sequence}` } });
    await using load = stack.load();
    const { code, stderr } = await stack.releaseStaged(["--hotfix", "the tests need a good version"]);
    assert.equal(code, 0, stderr);
    assert.deepEqual((await load.stop()).errors, []);
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  for (const { title, change, metric } of warnedOf)
    it(`${title} is released with a warning about its ${metric}`, async () => {
      const failures = new Failures();
      await stack.stage({ ...change, release: { ...change.release, thresholds: warningThresholds } });
      await using load = stack.load({ onAnswer: failures.see });
      const { code, record, stderr } = await stack.releaseStaged();
      assert.equal(code, 0, stderr);
      assert.equal(record.state.phase, "released");
      assert.deepEqual(record.state.warned, [metric]);
      assert.equal(
        record.journal.filter(({ event }) => event === "warned").length,
        1,
        "a metric is warned about once in a release",
      );
      failures.areTheCandidatesOwn(await load.stop(), false);
    });
});

/** Every failed answer, by who gave it. */
class Failures {
  readonly #others: string[] = [];
  #injected = 0;

  readonly see = ({ status, body }: Answer): void => {
    if (status < 500) return;
    if (body.includes('"fault_injected"')) this.#injected += 1;
    else this.#others.push(`${status} ${body.slice(0, 200)}`);
  };

  /** Nobody got another failure than one that the candidate was told to give. @param dies whether Envoy may tell of its pods' death */
  areTheCandidatesOwn({ failed, errors }: LoadReport, dies: boolean): void {
    assert.deepEqual(errors, []);
    if (!dies) assert.deepEqual(this.#others, []);
    assert.ok(
      this.#others.every((other) => /^503 .*upstream connect error|^503 /.test(other)),
      this.#others.join("\n"),
    );
    assert.equal(failed, this.#injected + this.#others.length);
  }
}
