import assert from "node:assert/strict";
import type { Ledger } from "../../../components/ledger/ledger.ts";
import type { ReleasePlanInput } from "../../../components/release-plan/release-plan.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import { component } from "../../support/cluster-component.ts";
import { eventually } from "../../support/eventually.ts";
import type { LoadReport } from "../../support/load.ts";
import type { AtomEnd } from "../support/atom-process.ts";
import type { ReleaseStack } from "../support/release-stack.ts";
import { ReleaseWatch } from "../support/release-watch.ts";
import { signalAt, type Moment } from "../support/signal-at.ts";
import { StackPool } from "../support/stack-pool.ts";
import { changePlan, expireLease, failsItsUsers, quickPlan, stage } from "../support/staging.ts";

const withApproval = {
  steps: [
    { percent: 50, wait: 1_000 },
    { pause: "approval", deadline: 600_000 },
    { percent: 100, wait: 1_000 },
  ],
} satisfies Partial<ReleasePlanInput>;
/** No step passes for as long as Prometheus answers. */
const neverEnough = {
  gate: { minRequests: 1_000_000_000, every: 1_000 },
  policies: { noData: { policy: "rollback", deadline: 600_000 } },
} satisfies Partial<ReleasePlanInput>;

const release = ["release", "--staged"];

describe("Releasers of the same stack", function () {
  this.timeout(600_000);
  let pool: StackPool;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    pool = await StackPool.create(["races-1", "races-2", "races-3"]);
  });

  after(async () => {
    await pool[Symbol.asyncDispose]();
  });

  /** Stages a candidate on a free stack, and lets a test have it under load. */
  function withCandidate(
    plan: Partial<ReleasePlanInput>,
    test: (stack: ReleaseStack, template: string) => Promise<void>,
    faults?: object,
  ): Promise<LoadReport> {
    return pool.run(async (stack) => {
      await changePlan(stack.stack, (published) => ({ ...quickPlan(published), ...plan }));
      const template = await stage(stack.stack, faults);
      await using load = stack.load({ clients: 2, pauseMs: 20 });
      await test(stack, template);
      return await load.stop();
    });
  }

  it("do not both act: the second is refused and told who holds the lease", async () => {
    const clients = await withCandidate(withApproval, async (stack) => {
      await using first = stack.start(release);
      await stack.reaches(first, ["awaiting-approval"]);
      const { spec } = await stack.stack.get("lease/atom-release");
      const second = await stack.start(release).ended;
      assert.equal(second.code, 12, second.stderr);
      assert.ok(
        second.stderr.includes(String(spec.holderIdentity)),
        `${String(spec.holderIdentity)}\n${second.stderr}`,
      );
      assert.equal((await stack.start(["approve"]).ended).code, 0);
      const end = await first.ended;
      assert.equal(end.code, 0, outputOf(end));
    });
    assert.deepEqual([clients.failed, clients.errors], [0, []]);
  });

  it("of which one is told to abort by another process: it stops without acting, and the traffic is back", async () => {
    const clients = await withCandidate(withApproval, async (stack, template) => {
      const { active } = await stack.stack.ledger();
      await using watch = await ReleaseWatch.start(stack.stack);
      await using first = stack.start(release);
      const { slot } = await stack.reaches(first, ["awaiting-approval"]);
      const abort = await stack.start(["abort", "--reason", "a drill", "--by", "anna"]).ended;
      assert.equal(abort.code, 0, outputOf(abort));
      const end = await first.ended;
      // It tells how its release ended, or went on to.
      assert.ok(end.code === 10 || end.code === 13, outputOf(end));
      assert.match(end.stderr, /The release lease is lost/);
      await watch.settled();
      assert.deepEqual(watch.sharesOf(slot), [0, 50, 0]);
      assert.deepEqual(watch.unjournalled(), []);
      const ledger = await stack.stack.ledger();
      assert.deepEqual([ledger.current, ledger.active], [null, active]);
      assert.deepEqual(recordOf(ledger, template), ["aborted", "manual"]);
      assert.match(ledger.releases[0]?.state.cause?.detail ?? "", /anna: a drill/);
    });
    assert.deepEqual([clients.failed, clients.errors], [0, []]);
  });

  describe("of which one is stopped (SIGSTOP) and continues when another one has ended its release", () => {
    const moments = {
      "between two steps": { when: "after", what: { event: "step-passed" }, nth: 1, signal: "SIGSTOP" },
      "with the patch in hand that moves all traffic": {
        when: "before",
        what: { shift: true },
        nth: 2,
        signal: "SIGSTOP",
      },
    } as const satisfies Record<string, Moment>;

    for (const [where, moment] of Object.entries(moments))
      for (const expiry of ["though its own clock still grants it the lease", "after its lease ran out"] as const)
        it(`${where}, ${expiry}: it does not act`, async () => {
          const clients = await withCandidate({}, async (stack, template) => {
            await using watch = await ReleaseWatch.start(stack.stack);
            await using first = stack.start(release, signalAt(moment));
            await first.stopped();
            if (expiry.startsWith("though")) await expireLease(stack.stack);
            const second = await stack.start(release).ended;
            assert.equal(second.code, 0, outputOf(second));
            const before = await stack.stack.ledger();
            const generation = await stack.routeGeneration();
            first.signal("SIGCONT");
            const end = await first.ended;
            // It tells how its release ended.
            assert.equal(end.code, 0, outputOf(end));
            assert.match(end.stderr, /The release lease is lost: .* stopped without acting/);
            assert.equal(await stack.routeGeneration(), generation);
            const after = await stack.stack.ledger();
            assert.deepEqual({ ...after, fence: before.fence }, before);
            await watch.settled();
            assert.deepEqual(watch.unjournalled(), []);
            assert.deepEqual(watch.sharesOf(after.active), [0, 50, 100]);
            assert.deepEqual(recordOf(after, template), ["released", undefined]);
          });
          assert.deepEqual([clients.failed, clients.errors], [0, []]);
        });
  });

  describe("of which one gets SIGTERM", () => {
    interface Terminated {
      readonly moment: Omit<Moment, "signal" | "when">;
      readonly plan?: Partial<ReleasePlanInput>;
      readonly faults?: object;
      /** Outcome and reason. @default taken back by hand */
      readonly record?: readonly [string, string | undefined];
    }
    const byHand = ["aborted", "manual"] as const;
    const onceJournalled = (event: string, nth = 1): Terminated["moment"] => ({ what: { event }, nth });
    const phases: Readonly<Record<string, Terminated>> = {
      "waiting-ready": { moment: onceJournalled("prepared") },
      smoking: { moment: onceJournalled("ready") },
      shifting: { moment: onceJournalled("smoke-passed") },
      confirming: { moment: onceJournalled("shifted") },
      measuring: { moment: onceJournalled("confirmed") },
      "awaiting-approval": { moment: onceJournalled("step-passed"), plan: withApproval },
      "the last shifting": { moment: onceJournalled("step-passed") },
      "the last measuring": { moment: onceJournalled("confirmed", 2) },
      "smoking-public": { moment: onceJournalled("step-passed", 2) },
      soaking: { moment: onceJournalled("smoke-passed", 2) },
      // The old slot is going away: there is no way back any more.
      finishing: { moment: onceJournalled("soaked"), record: ["released", undefined] },
      // On the way back it goes on going back.
      returning: {
        moment: onceJournalled("failed"),
        faults: failsItsUsers,
        record: ["rolled-back", "high_error_rate"],
      },
      "confirming-return": {
        moment: onceJournalled("returned"),
        faults: failsItsUsers,
        record: ["rolled-back", "high_error_rate"],
      },
      "scaling-down": {
        moment: onceJournalled("quarantined"),
        faults: failsItsUsers,
        record: ["rolled-back", "high_error_rate"],
      },
    };

    interface Seen {
      readonly end: AtomEnd;
      readonly ledger: Ledger;
      readonly record: readonly (string | undefined)[];
      readonly weights: Readonly<Record<string, number>>;
      readonly pods: number;
      readonly unjournalled: readonly string[];
      readonly quarantined: boolean;
      readonly clients: LoadReport;
    }
    const seen = new Map<string, Promise<Seen>>();

    before(() => {
      for (const [phase, { moment, plan = {}, faults }] of Object.entries(phases)) {
        const played = Promise.withResolvers<Omit<Seen, "clients">>();
        const clients = withCandidate(
          plan,
          async (stack, template) => {
            await using watch = await ReleaseWatch.start(stack.stack);
            const end = await stack.start(release, signalAt({ ...moment, signal: "SIGTERM", when: "after" })).ended;
            const ledger = await stack.stack.ledger();
            await watch.settled();
            const slot = ledger.releases.find((one) => one.template === template)?.slot ?? ledger.active;
            played.resolve({
              ...{ end, ledger, record: recordOf(ledger, template), unjournalled: watch.unjournalled() },
              weights: await stack.stack.weights(),
              pods: (await stack.replicas(slot)).desired,
              quarantined: ledger.quarantine.some((entry) => entry.template === template),
            });
          },
          faults,
        );
        clients.catch(played.reject);
        const both = Promise.all([played.promise, clients]).then(([one, report]) => ({ ...one, clients: report }));
        // Each test awaits its own.
        both.catch(() => undefined);
        seen.set(phase, both);
      }
    });

    after(async () => {
      await Promise.allSettled(seen.values());
    });

    for (const [phase, { faults, record = byHand }] of Object.entries(phases))
      it(`while ${phase} ends its release ${record[0]}`, async () => {
        const one = await (seen.get(phase) ?? Promise.reject(new Error("it was not played")));
        const { end, ledger, weights, pods, clients } = one;
        const released = record[0] === "released";
        assert.equal(end.code, released ? 0 : 10, outputOf(end));
        assert.deepEqual(one.record, record, outputOf(end));
        assert.equal(ledger.current, null);
        assert.equal(weights[ledger.active], 100);
        assert.equal(pods, released ? 1 : 0, outputOf(end));
        assert.deepEqual(one.unjournalled, []);
        assert.equal(one.quarantined, record[0] === "rolled-back");
        assert.deepEqual(clients.errors, []);
        if (faults === undefined) assert.equal(clients.failed, 0);
      });
  });

  it("of which one gets SIGTERM twice exits at once, and the next one takes the release back to its end", async () => {
    await pool.run(async (stack) => {
      await changePlan(stack.stack, quickPlan);
      const template = await stage(stack.stack);
      // Without requests nobody can see the traffic come back, so that it is still looking for that when the second one comes.
      await using first = stack.start(release, signalAt({ ...afterReady, signal: "SIGTERM" }));
      await stack.reaches(first, ["confirming-return"]);
      first.signal("SIGTERM");
      const { code } = await first.ended;
      assert.equal(code, 130);
      const { current } = await stack.stack.ledger();
      assert.equal(current?.state.phase, "confirming-return");
      await expireLease(stack.stack);
      await using load = stack.load({ clients: 2, pauseMs: 20 });
      const second = await stack.start(release).ended;
      assert.equal(second.code, 10, outputOf(second));
      const ledger = await stack.stack.ledger();
      assert.deepEqual(recordOf(ledger, template), ["aborted", "manual"]);
      assert.equal(ledger.current, null);
      assert.equal((await load.stop()).failed, 0);
    });
  });

  it("outlive a restart of the API server in the middle of a step", async () => {
    const clients = await withCandidate(
      {
        steps: [
          { percent: 50, wait: 5_000 },
          { percent: 100, wait: 1_000 },
        ],
      },
      async (stack, template) => {
        const { cluster } = stack.stack.shared;
        await using first = stack.start(release);
        await stack.reaches(first, ["measuring"]);
        const server = await component(cluster, "kube-apiserver");
        process.kill(server.pid, "SIGKILL");
        const end = await first.ended;
        assert.equal(end.code, 0, outputOf(end));
        await component(cluster, "kube-apiserver", server.restarts);
        const ledger = await stack.stack.ledger();
        assert.deepEqual(recordOf(ledger, template), ["released", undefined]);
        const { journal } = ledger.releases[0] ?? { journal: [] };
        assert.deepEqual(
          journal.map(({ seq }) => seq),
          journal.map((_line, index) => index + 1),
        );
        assert.equal((await stack.stack.weights())[ledger.active], 100);
      },
    );
    assert.deepEqual([clients.failed, clients.errors], [0, []]);
  });

  describe("whose Prometheus is gone", () => {
    const prometheus = async (stack: ReleaseStack, replicas: number): Promise<void> => {
      await stack.stack.kubectl.patch("monitoring", "prometheus/atom", "test", { spec: { replicas } });
      await eventually(
        `${replicas} Prometheus answers`,
        async () => {
          const answer = await fetch(`${stack.stack.shared.cluster.prometheusUrl}/-/ready`, {
            signal: AbortSignal.timeout(2_000),
          }).catch(() => undefined);
          await answer?.body?.cancel();
          return (answer?.ok === true) === replicas > 0 ? true : undefined;
        },
        120_000,
      );
    };

    afterEach(async () => {
      await pool.run((stack) => prometheus(stack, 1));
    });

    it("in the middle of a step do what their policy says: go back, warn or hold", async () => {
      const measuring = Promise.withResolvers<undefined>();
      let count = 0;
      const play = (
        policy: "rollback" | "warn" | "hold",
        assertEnd: (stack: ReleaseStack, template: string) => Promise<void>,
      ) =>
        withCandidate(
          {
            ...neverEnough,
            policies: { ...neverEnough.policies, metricsUnavailable: { policy, deadline: 1_000 } },
          },
          async (stack, template) => {
            await using first = stack.start(release);
            await stack.reaches(first, ["measuring"]);
            if ((count += 1) === 3) {
              await prometheus(stack, 0);
              measuring.resolve(undefined);
            }
            await measuring.promise;
            if (policy === "hold") {
              const { state } = await stack.reaches(first, ["held"]);
              assert.deepEqual([state.percent, state.cause?.reason], [0, "metrics_unavailable"]);
              assert.equal((await stack.start(["abort", "--reason", "a drill"]).ended).code, 0);
            }
            const { code, stdout, stderr } = await first.ended;
            // One whose release another process takes back tells of that, or that it is shut out.
            const codes: Record<typeof policy, readonly number[]> = { rollback: [10], warn: [0], hold: [10, 13] };
            assert.ok(code !== null && codes[policy].includes(code), `${stdout}${stderr}`);
            await assertEnd(stack, template);
          },
        );
      const reports = await Promise.all([
        play("rollback", async (stack, template) => {
          assert.deepEqual(recordOf(await stack.stack.ledger(), template), ["rolled-back", "metrics_unavailable"]);
        }),
        play("warn", async (stack, template) => {
          const ledger = await stack.stack.ledger();
          assert.deepEqual(recordOf(ledger, template), ["released", undefined]);
          assert.deepEqual([...(ledger.releases[0]?.state.warned ?? [])].sort(), ["errorRate", "latency"]);
        }),
        play("hold", async (stack, template) => {
          assert.deepEqual(recordOf(await stack.stack.ledger(), template), ["aborted", "manual"]);
        }),
      ]);
      for (const { failed, errors } of reports) assert.deepEqual([failed, errors], [0, []]);
    });

    it("still find a candidate's errors: the guard reads the pods themselves", async () => {
      await withCandidate(
        neverEnough,
        async (stack, template) => {
          await prometheus(stack, 0);
          const end = await stack.start(release).ended;
          assert.equal(end.code, 10, outputOf(end));
          assert.deepEqual(recordOf(await stack.stack.ledger(), template), ["rolled-back", "high_error_rate"]);
        },
        failsItsUsers,
      );
    });
  });
});

const afterReady = { when: "after", what: { event: "ready" }, nth: 1 } as const;

function outputOf({ stdout, stderr }: AtomEnd): string {
  return `${stdout}\n${stderr}`;
}

/** Outcome and reason of a template's release. */
function recordOf({ releases }: Ledger, template: string): readonly (string | undefined)[] {
  const release = releases.find((one) => one.template === template);
  return [release?.outcome, release?.state.cause?.reason];
}
