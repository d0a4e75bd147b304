import assert from "node:assert/strict";
import { detection, proof } from "../../../delivery/gate/bounds.ts";
import { readSchedule } from "../../../delivery/guard/schedule.ts";
import { criterionOf } from "../../../delivery/release/judging.ts";
import { hotfixPlan } from "../../../delivery/release/subject.ts";
import { breaches } from "../../../delivery/forecast/detections.ts";
import { forecast, type WeightForecast } from "../../../delivery/forecast/forecast.ts";
import { releasePlan } from "../support/plans.ts";

const minutes = 60_000;
const steps = [
  { percent: 10, wait: 5 * minutes },
  { pause: "approval" as const, deadline: 60 * minutes },
  { percent: 50, wait: 5 * minutes },
  { percent: 100, wait: 5 * minutes },
];

function weights(plan = releasePlan({ steps }), perSecond: number | null = 50): WeightForecast[] {
  return forecast(plan, perSecond ?? undefined).steps.filter((step) => step.kind === "weight");
}

/** The only step of a plan with this step alone. */
/** @param perSecond `null`: not known */
function only(perSecond: number | null, changes: Parameters<typeof releasePlan>[0] = {}): WeightForecast {
  const [step] = weights(releasePlan({ steps: [{ percent: 100, wait: 20_000 }], ...changes }), perSecond);
  assert.ok(step);
  return step;
}

describe("the forecast of a release", () => {
  it("has the gate's own numbers for each weight, at today's traffic", () => {
    const plan = releasePlan({ steps });
    const criterion = criterionOf("guard", "errorRate", plan);
    const reaction = readSchedule(4).intervalMs / 1000 + 0.3;
    for (const step of weights(plan)) {
      const traffic = { requestsPerSecond: 50, weight: step.percent };
      const { minimum, oneLook, everyLook } = proof(criterion, traffic);
      assert.deepEqual([step.minimum, step.oneLook, step.everyLook], [minimum, oneLook, everyLook]);
      for (const [index, breach] of breaches.entries()) {
        const exact = detection(criterion, traffic, breach);
        const told = step.detections[index];
        assert.equal(told?.median?.requests, exact.median?.requests);
        assert.equal(told?.p90?.requests, exact.p90?.requests);
        assert.ok(Math.abs(told!.median!.seconds! - exact.median!.seconds - reaction) < 1e-9);
      }
    }
  });

  it("counts what reaches the candidate within each wait", () => {
    assert.deepEqual(
      weights().map(({ percent, expected, outcome, lasts }) => [percent, expected, outcome, lasts]),
      [
        [10, 1_500, "passes", 5 * minutes],
        [50, 7_500, "passes", 5 * minutes],
        [100, 15_000, "passes", 5 * minutes],
      ],
    );
  });

  it("waits for people at the weight before", () => {
    assert.deepEqual(forecast(releasePlan({ steps }), 50).steps[1], {
      kind: "approval",
      step: 1,
      percent: 10,
      deadline: 60 * minutes,
    });
  });

  it("holds a step until its minimum of requests, at one of the gate's looks", () => {
    // 100 requests take 40 s at 2.5 a second; looks are 5 s apart.
    const { outcome, lasts, expected } = only(2.5);
    assert.deepEqual([outcome, lasts, expected], ["extended", 40_000, 50]);
    assert.equal(only(2.4).lasts, 45_000);
    assert.equal(only(5).outcome, "passes");
  });

  it("says when a step would not be judged before the policy for no data decides", () => {
    const policies = { noData: { policy: "rollback", deadline: 60_000 } } as const;
    const starved = only(1, { policies });
    assert.deepEqual([starved.outcome, starved.lasts], ["starves", 80_000]);
    const none = only(0, { policies });
    assert.deepEqual([none.outcome, none.lasts, none.minimum.seconds], ["starves", 80_000, null]);
  });

  it("counts the releaser's own requests once the wait is over", () => {
    const { outcome, lasts } = only(0, { synthetic: { perSecond: 10, requests: 50 } });
    assert.deepEqual([outcome, lasts], ["extended", 30_000]);
  });

  it("knows that Prometheus needs four scrapes, and a second for the last of them to arrive", () => {
    const prometheus = { url: "http://prometheus.test", scrapeInterval: 15_000 };
    const { outcome, lasts } = only(1_000, { prometheus });
    assert.deepEqual([outcome, lasts], ["extended", 65_000]);
  });

  it("measures nothing in a hotfix, and says so", () => {
    const hotfix = forecast(hotfixPlan(releasePlan({ steps })), 50);
    assert.deepEqual(
      hotfix.steps.map((step) => (step.kind === "weight" ? [step.percent, step.outcome, step.lasts] : step)),
      [
        [10, "unmeasured", 0],
        [50, "unmeasured", 0],
        [100, "unmeasured", 0],
      ],
    );
  });

  it("knows requests but no times without the traffic, and promises no outcome", () => {
    const step = only(null);
    assert.deepEqual([step.expected, step.outcome, step.lasts], [null, "unknown", null]);
    assert.deepEqual(step.minimum, { requests: 100, seconds: null });
    assert.ok(step.detections.every(({ median }) => median?.seconds === null));
    assert.equal(forecast(releasePlan(), undefined).perSecond, null);
  });

  it("takes whole pods for shares where there is no mesh", () => {
    const [first] = weights(releasePlan({ steps, router: { kind: "replicas" }, replicas: 3 }));
    assert.deepEqual([first?.percent, first?.share, first?.expected], [10, 25, 3_750]);
  });

  it("slows down its readings with many pods, and its promise with them", () => {
    const [few] = weights(releasePlan({ steps, replicas: 2 }));
    const [many] = weights(releasePlan({ steps, replicas: 50 }));
    const later = many!.detections[0]!.median!.seconds! - few!.detections[0]!.median!.seconds!;
    assert.ok(Math.abs(later - (readSchedule(100).intervalMs - 250) / 1000) < 1e-9);
  });

  it("says what each limit takes to be proven", () => {
    const metrics = [{ name: "queued", bad: "a", total: "b", max: 0.02, policy: "warn" as const }];
    const thresholds = { ...releasePlan().thresholds, metrics };
    const { limits } = forecast(releasePlan({ thresholds }), 50);
    assert.deepEqual(
      limits.map(({ metric, threshold, oneLook }) => [metric, Number(threshold.toFixed(6)), oneLook]),
      [
        ["errorRate", 0.001, 2_995],
        ["latency", 0.05, 59],
        ["queued", 0.02, 149],
      ],
    );
    assert.ok(limits.every(({ oneLook, everyLook }) => everyLook > oneLook));
  });

  it("adds up the least and the most that it takes", () => {
    const plan = releasePlan({ steps, soak: 10 * minutes });
    const { least, most } = forecast(plan, 50).duration;
    assert.equal(least, 25 * minutes);
    const { deadlines } = plan;
    const around = deadlines.converge + deadlines.ready + 2 * deadlines.smoke + deadlines.return + 10 * minutes;
    assert.equal(most, around + 3 * (deadlines.confirm + 5 * minutes + 5 * minutes) + 60 * minutes);
  });

  it("is plain data", () => {
    for (const perSecond of [undefined, 0, 50]) {
      const told = forecast(releasePlan({ steps }), perSecond);
      assert.deepEqual(JSON.parse(JSON.stringify(told)), told);
    }
  });
});
