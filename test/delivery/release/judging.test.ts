import assert from "node:assert/strict";
import fc from "fast-check";
import type { Measurement } from "../../../delivery/gate/measurement.ts";
import {
  addSnapshot,
  describeJudged,
  describePods,
  judgeGuard,
  judgeStep,
  measurementOf,
  noEvidence,
  reasonOf,
} from "../../../delivery/release/judging.ts";
import type { GuardSnapshot, PodSignal, SlotSnapshot, StepMeasurement } from "../../../delivery/release/ports.ts";
import { releasePlan } from "../support/plans.ts";
import { guardSnapshot, slotSnapshot } from "../support/snapshots.ts";

const plan = releasePlan({
  policies: {
    noData: { policy: "hold", deadline: 10_000 },
    metricsUnavailable: { policy: "rollback", deadline: 20_000 },
    sharedFault: { policy: "hold", deadline: 30_000 },
  },
});

function snapshot(
  [requests, errors, slow]: readonly [number, number, number],
  active = [0, 0, 0] as readonly [number, number, number],
  changes: Partial<SlotSnapshot> = {},
): GuardSnapshot {
  return guardSnapshot({
    candidate: slotSnapshot({ requests, errors, slow, ...changes }),
    active: slotSnapshot({ requests: active[0], errors: active[1], slow: active[2] }),
  });
}

function read(
  candidate: readonly [number, number],
  active: readonly [number, number] | null = [9_000, 0],
): Measurement {
  const counts = ([total, bad]: readonly [number, number]) => ({ total, bad });
  return {
    status: "read",
    periods: [{ candidate: counts(candidate), active: active && counts(active) }],
    coverage: { pods: 2, podsRead: 2 },
  };
}

function measured(errorRate: Measurement, more: Partial<StepMeasurement> = {}): StepMeasurement {
  return { errorRate, latency: read([1_000, 0]), custom: {}, ...more };
}

describe("the guard's judgement", () => {
  it("takes back a candidate that fails requests, and says by what numbers", () => {
    const seen = snapshot([31, 7, 0], [280, 0, 0]);
    const { action, judged } = judgeGuard(addSnapshot(noEvidence, seen, 10, true), seen, plan);
    assert.deepEqual([action.kind, reasonOf(action)], ["rollback", "high_error_rate"]);
    assert.equal(
      describeJudged(judged),
      "errorRate FAIL (7 bad of 31 requests, active 0 of 280, limit 0.10 %); " +
        "latency TOO_FEW (0 bad of 31 requests, active 0 of 280, limit 5.0 %)",
    );
  });

  it("does nothing about a candidate that is young, quiet or good", () => {
    for (const seen of [snapshot([0, 0, 0]), snapshot([1, 1, 1]), snapshot([5_000, 0, 10])]) {
      const { action } = judgeGuard(addSnapshot(noEvidence, seen, 10, true), seen, plan);
      assert.equal(action.kind, "proceed");
    }
  });

  it("takes a restart for a breach of its own, beyond what the plan allows", () => {
    const seen = snapshot([100, 0, 0], [900, 0, 0], { restarts: 1 });
    const evidence = addSnapshot(noEvidence, seen, 10, true);
    const { action } = judgeGuard(evidence, seen, plan);
    assert.deepEqual([action.kind, reasonOf(action)], ["rollback", "pods_restarted"]);
    const lenient = releasePlan({ thresholds: { ...plan.thresholds, restarts: { max: 1, policy: "rollback" } } });
    assert.equal(judgeGuard(evidence, seen, lenient).action.kind, "proceed");
  });

  describe("of pods that do not serve (row 14)", () => {
    const down = (kind: PodSignal["kind"]): readonly PodSignal[] => [{ kind, pod: "atom-green-1", detail: "refused" }];
    const decide = (candidate: Partial<SlotSnapshot>, active: Partial<SlotSnapshot> = {}) => {
      const seen = guardSnapshot({ candidate: slotSnapshot(candidate), active: slotSnapshot(active) });
      return judgeGuard(addSnapshot(noEvidence, seen, 10, true), seen, plan).action;
    };

    it("takes back a candidate that refuses connections or is not ready any more, without a single request", () => {
      for (const kind of ["unreachable", "unready"] as const) {
        const action = decide({ read: 1, ready: 1, down: down(kind) });
        assert.deepEqual([action.kind, reasonOf(action)], ["rollback", "not_ready"]);
      }
    });

    it("follows the policy for restarts", () => {
      const restarts = { policy: "warn" } as const;
      const lenient = releasePlan({ thresholds: { ...plan.thresholds, restarts } });
      const seen = guardSnapshot({ candidate: slotSnapshot({ down: down("unready") }) });
      const { action } = judgeGuard(noEvidence, seen, lenient);
      assert.equal(action.kind, "proceed");
      assert.deepEqual(action.causes, [{ metric: "pods", reason: "not_ready", response: "warn" }]);
    });

    it("blames the restart where there was one, since that is why the pod does not answer", () => {
      assert.equal(reasonOf(decide({ restarts: 1, down: down("unreachable") })), "pods_restarted");
    });

    it("blames nobody for what the active slot's pods suffer as well", () => {
      assert.equal(decide({ down: down("unreachable") }, { read: 0 }).kind, "proceed");
      assert.equal(decide({ down: down("unready") }, { ready: 1 }).kind, "proceed");
      assert.equal(decide({ down: down("unready") }, { pods: 0, read: 0, ready: 0 }).kind, "rollback");
    });

    it("takes back, and does not blame, a candidate for pods that suffer from their node or the network", () => {
      const lost = { kind: "unready", pod: "atom-green-1", detail: "its node", platform: true } as const;
      const action = decide({ ready: 1, down: [lost] });
      assert.deepEqual([action.kind, reasonOf(action)], ["rollback", "pods_unavailable"]);
      assert.equal(reasonOf(decide({ ready: 0, down: [lost, ...down("unready")] })), "not_ready", "both are down");
    });

    it("takes back at once, whatever the policy, a candidate whose pods were all taken away", () => {
      const gone = decide({ pods: 0, ready: 0, read: 0 });
      assert.deepEqual(gone.causes, [{ metric: "pods", reason: "pods_unavailable", response: "rollback" }]);
      assert.equal(
        decide({ pods: 0, ready: 0, read: 0 }, { ready: 0, pods: 0 }).kind,
        "proceed",
        "there is no better slot",
      );
    });

    it("leaves a pod that serves, but tells nothing that can be read, to the gate", () => {
      assert.equal(decide({ read: 1, down: down("unreadable") }).kind, "proceed");
    });

    it("says which pod, and what became of it", () => {
      assert.equal(describePods(slotSnapshot()), "");
      const ended = { kind: "oom_killed", pod: "atom-green-2", detail: "container atom ended (OOMKilled)" } as const;
      const candidate = slotSnapshot({ restarts: 1, signals: [ended, ...down("unready")], down: down("unready") });
      assert.equal(
        describePods(candidate),
        "1 restart; atom-green-2: container atom ended (OOMKilled); atom-green-1: refused",
      );
      const none = slotSnapshot({ down: [{ kind: "unready", pod: "", detail: "it has no pods" }] });
      assert.equal(describePods(none), "the candidate: it has no pods");
    });
  });

  it("judges no latency where the pods' histogram has no edge at the threshold", () => {
    const seen = snapshot([1_000, 0, 0], [9_000, 0, 0], { slowKnown: false });
    const { judged, action } = judgeGuard(addSnapshot(noEvidence, seen, 10, true), seen, plan);
    assert.deepEqual([action.kind, judged[1]?.verdict.kind], ["proceed", "ERROR"]);
    assert.equal(measurementOf(guardSnapshot(), seen, 10).latency.status, "unavailable");
  });

  it("counts each weight by itself, and compares with nothing at 100 %", () => {
    let evidence = addSnapshot(noEvidence, snapshot([100, 1, 2], [900, 0, 3]), 10, true);
    evidence = addSnapshot(evidence, snapshot([150, 1, 2], [950, 1, 3]), 10, false);
    evidence = addSnapshot(evidence, snapshot([650, 2, 4], [960, 1, 3]), 100, true);
    assert.deepEqual(evidence, {
      errors: [
        { candidate: { total: 150, bad: 1 }, active: { total: 950, bad: 1 } },
        { candidate: { total: 500, bad: 1 }, active: null },
      ],
      slow: [
        { candidate: { total: 150, bad: 2 }, active: { total: 950, bad: 3 } },
        { candidate: { total: 500, bad: 2 }, active: null },
      ],
    });
  });
});

describe("the gate's judgement of a step", () => {
  it("passes a good step at its end, and waits before", () => {
    assert.equal(judgeStep([], measured(read([1_000, 0])), plan, -1).action.kind, "wait");
    assert.equal(judgeStep([], measured(read([1_000, 0])), plan, 0).action.kind, "proceed");
  });

  it("takes a breach for one at any time", () => {
    for (const overtime of [-10_000, 0, 10_000]) {
      const { action } = judgeStep([], measured(read([1_000, 20])), plan, overtime);
      assert.deepEqual([action.kind, reasonOf(action)], ["rollback", "high_error_rate"]);
    }
  });

  it("waits for what is missing as long as its policy says, each kind by its own deadline", () => {
    const missing = [
      [read([0, 0]), 10_000, "hold", "no_traffic"],
      [read([50, 0]), 10_000, "hold", "too_few_requests"],
      [{ status: "too_soon", secondsLeft: 3 }, 10_000, "hold", "too_few_requests"],
      [
        { status: "unavailable", problem: { kind: "timeout", detail: "no answer" } },
        20_000,
        "rollback",
        "metrics_unavailable",
      ],
      [read([1_000, 100], [9_000, 900]), 30_000, "hold", "shared_fault"],
    ] as const;
    for (const [measurement, deadline, kind, reason] of missing) {
      assert.equal(judgeStep([], measured(measurement), plan, deadline - 1).action.kind, "wait", reason);
      const { action } = judgeStep([], measured(measurement), plan, deadline);
      assert.deepEqual([action.kind, reasonOf(action)], [kind, reason]);
    }
  });

  it("adds up what all steps measured before it calls it a breach, and lets no step pass on another one's requests", () => {
    const half = measured(read([200, 3]));
    assert.equal(judgeStep([], half, plan, 0).action.kind, "proceed");
    const { action, judged } = judgeStep([half], half, plan, 0);
    assert.equal(action.kind, "rollback");
    assert.deepEqual(judged[0]?.verdict.kind, "FAIL");
    const quiet = judgeStep([measured(read([100_000, 0]))], measured(read([3, 0])), plan, 0);
    assert.equal(quiet.action.kind, "wait");
  });

  it("neither fails nor passes a release for a step that is bad alone while the whole is within its limits", () => {
    const bad = measured(read([200, 5]));
    assert.equal(judgeStep([], bad, plan, 0).action.kind, "rollback");
    const { action, judged } = judgeStep([measured(read([30_000, 3]))], bad, plan, 0);
    assert.deepEqual([action.kind, judged[0]?.verdict.kind], ["wait", "TOO_FEW"]);
  });

  it("compares with nothing at 100 % and in soak, also after steps that were compared", () => {
    const earlier = [measured(read([1_000, 0])), measured(read([5_000, 2], [5_000, 1]))];
    const alone = (bad: number): StepMeasurement =>
      measured(read([2_000, bad], null), { latency: read([2_000, 10], null) });
    assert.equal(judgeStep(earlier, alone(1), plan, 0).action.kind, "proceed");
    assert.equal(judgeStep(earlier, alone(1), plan, -1).action.kind, "wait");
    for (const overtime of [0, -1]) {
      const { action, judged } = judgeStep(earlier, alone(200), plan, overtime);
      assert.deepEqual([action.kind, reasonOf(action)], ["rollback", "high_error_rate"]);
      assert.equal(judged[0]?.verdict.kind, "FAIL");
    }
    assert.equal(judgeStep([], alone(200), plan, 0).action.kind, "rollback");
  });

  it("judges a custom metric by its own limit and policy", () => {
    const thresholds = {
      ...plan.thresholds,
      metrics: [{ name: "refunds", bad: "a", total: "b", max: 0.2, policy: "rollback" as const }],
    };
    const custom = releasePlan({ thresholds });
    const step = (bad: number): StepMeasurement =>
      measured(read([1_000, 0]), { custom: { refunds: read([1_000, bad]) } });
    assert.equal(judgeStep([], step(150), custom, 0).action.kind, "proceed");
    const { action } = judgeStep([], step(500), custom, 0);
    assert.deepEqual([action.kind, reasonOf(action)], ["rollback", "metric_breached"]);
  });

  it("never turns from taking back to anything else by more errors, in this step or an earlier one, by guard or gate", () => {
    const counts = (most: number) =>
      fc.tuple(fc.nat(most), fc.nat(Math.ceil(most / 15))).map(([good, bad]) => [good + bad, bad] as const);
    const step = fc.record({ candidate: counts(400), active: counts(3_000) });
    fc.assert(
      fc.property(step, step, fc.integer({ min: 1, max: 40 }), fc.boolean(), (first, second, more, early) => {
        const worse = ([total, bad]: readonly [number, number]): readonly [number, number] => [
          total,
          Math.min(total, bad + more),
        ];
        const gate = (turned: boolean): string => {
          const [one, two] = [
            turned && early ? worse(first.candidate) : first.candidate,
            turned && !early ? worse(second.candidate) : second.candidate,
          ];
          const current = measured(read(two, second.active));
          return judgeStep([measured(read(one, first.active))], current, plan, 0).action.kind;
        };
        const guard = (turned: boolean): string => {
          const [requests, errors] = turned ? worse(first.candidate) : first.candidate;
          const seen = snapshot([requests, errors, 0], [...first.active, 0]);
          return judgeGuard(addSnapshot(noEvidence, seen, 10, true), seen, plan).action.kind;
        };
        for (const judgement of [gate, guard])
          if (judgement(false) === "rollback") assert.equal(judgement(true), "rollback");
      }),
      { numRuns: 200 },
    );
  });

  it("reads a step from the guard's counters where there is no Prometheus", () => {
    const since = snapshot([100, 5, 1], [900, 0, 0]);
    const now = snapshot([400, 6, 1], [3_600, 2, 0]);
    const { errorRate, latency } = measurementOf(since, now, 10);
    assert.deepEqual(errorRate, {
      status: "read",
      periods: [{ candidate: { total: 300, bad: 1 }, active: { total: 2_700, bad: 2 } }],
      coverage: { pods: 2, podsRead: 2 },
    });
    assert.deepEqual(latency.status === "read" && latency.periods[0]?.candidate, { total: 300, bad: 0 });
    const alone = measurementOf(since, now, 100).errorRate;
    assert.equal(alone.status === "read" && alone.periods[0]?.active, null);
  });
});
