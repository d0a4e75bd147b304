import assert from "node:assert/strict";
import { describeForecast, type ForecastSubject } from "../../../delivery/forecast/describe.ts";
import { forecast, type Forecast } from "../../../delivery/forecast/forecast.ts";
import { releasePlan } from "../support/plans.ts";

const minutes = 60_000;
const plan = releasePlan({
  environment: "production",
  steps: [
    { percent: 10, wait: 5 * minutes },
    { pause: "approval", deadline: 60 * minutes },
    { percent: 100, wait: 5 * minutes },
  ],
  smoke: {
    steps: [
      { name: "login", method: "POST", path: "/api/auth/login" },
      { name: "live", method: "GET", path: "/health/live" },
    ],
  },
  prometheus: { url: "http://prometheus.test", scrapeInterval: 15_000 },
  soak: 10 * minutes,
});

const about: ForecastSubject = {
  from: { slot: "blue", version: "1.4.1" },
  to: { slot: "green", version: "1.4.2", template: "bbbbbbbbbbbb", staged: true },
  traffic: "Prometheus, over the last 5 minutes",
};

/** The forecast with numbers of its own for what the gate's bounds say: those have tests of their own. */
function fixed(told: Forecast): Forecast {
  const need = (requests: number, perSecond: number) => ({
    requests,
    seconds: told.perSecond === null ? null : requests / perSecond,
  });
  return {
    ...told,
    limits: told.limits.map((limit) => ({ ...limit, oneLook: 59, everyLook: 98 })),
    steps: told.steps.map((step) => {
      if (step.kind === "approval") return step;
      const perSecond = ((told.perSecond ?? 0) * step.share) / 100;
      const detections = [3, 20, 100, null].map((requests, index) => ({
        breach: [1, 0.2, 0.05, 0.01][index] ?? 0,
        median: requests === null ? null : need(requests, perSecond),
        p90: requests === null ? null : need(2 * requests, perSecond),
      }));
      return { ...step, oneLook: need(2_995, perSecond), everyLook: need(5_000, perSecond), detections };
    }),
  };
}

describe("a forecast in words", () => {
  it("tells the whole way, what each step can show, and what happens otherwise", () => {
    assert.deepEqual(describeForecast(fixed(forecast(plan, 50)), plan, about), [
      "What a release of atom in production would do (nothing is changed)",
      "  from 1.4.1 in blue to 1.4.2 (template bbbbbbbbbbbb) in green",
      "  at today's 50 requests/s (Prometheus, over the last 5 minutes)",
      "",
      "  1  converge    nothing: it is staged already",
      "  2  ready       until 2 pods of it are ready, at most 5 min",
      "  3  smoke test  2 steps through x-canary, no user on it yet, at most 2 min:",
      "                   login, live",
      "  4  10 %        5 min: enough requests to judge it",
      "  5  approval    a person lets it go on (atom approve --stack production), at most 1 h; the guard goes on judging",
      "  6  100 %       5 min: enough requests to judge it",
      "  7  smoke test  again, as a user, at most 2 min",
      "  8  soak        10 min at 100 %, the old pods warm; the way back is one patch",
      "  9  finish      the old pods are taken away; from then on a way back is another release",
      "     Each weight is set, and seen in effect within 30 s. The pods' own counters judge it all the time,",
      "     and Prometheus must agree before the next step.",
      "",
      "Requests at the candidate that a step needs, none of them failed",
      "  step    wait    requests   to pass      to show ≤ 0.1 %      to prove it           lasts",
      "  10 %    5 min   1,500      100 (20 s)   2,995 (9 min 59 s)   5,000 (16 min 40 s)   5 min",
      "  100 %   5 min   15,000     100 (2 s)    2,995 (60 s)         5,000 (100 s)         5 min",
      "  to show: 95 % sure at one look. To prove: sure at every look, which is when a verdict says `proven`.",
      "  ≤ 5 % over 0.2 s: 59 to show it, 98 to prove it.",
      "  At 10 % a pass means that no breach of 0.1 % was found; its 1,500 requests are too few to prove the limit.",
      "",
      "A bad candidate is taken back after (half of the time | nine times in ten)",
      "  step    failing 100 %     failing 20 %    failing 5 %   failing 1 %",
      "  10 %    0.6 s | 1.2 s     4 s | 8 s       20 s | 40 s   not in 20,000",
      "  100 %   0.06 s | 0.12 s   0.4 s | 0.8 s   2 s | 4 s     not in 20,000",
      "  each with a reading of the pods every 0.25 s and 0.3 s for the patch included",
      "",
      "Otherwise",
      "  more than 0.1 % of the requests fail             once that is proven it is taken back, and its template is quarantined",
      "  more than 5 % take over 0.2 s                    once that is proven it is taken back, and its template is quarantined",
      "  a container of it restarts                       at once it is taken back, and its template is quarantined",
      "  the smoke test fails, or pods do not get ready   it is taken back, and its template is quarantined",
      "  no request, or too few                           the step gets 5 min more; then it is taken back",
      "  Prometheus cannot be asked                       the guard goes on, the step gets 5 min more; then it is taken back",
      "  the active slot is in the same trouble           the step gets 5 min more; then it is held for a person",
      "  a weight is not in effect after 30 s             it is taken back",
      "  nobody approves within 1 h                       it is taken back",
      "  the releaser is gone for over 60 s               whoever resumes takes it back; before that, goes on",
      "",
      "It takes at least 20 min after the pods are ready and 1 approval, 10 min of it the soak;",
      "at most 2 h, if everything takes as long as it may. Taking it back is one patch at any time before the end:",
      "Ctrl-C, or atom abort --stack production.",
    ]);
  });

  it("tells requests without times when the traffic is not known", () => {
    const lines = describeForecast(fixed(forecast(plan, undefined)), plan, {
      traffic: "no Prometheus: PROMETHEUS_URL is not set",
    });
    assert.deepEqual(lines.slice(1, 4), [
      "  at a traffic that is not known (no Prometheus: PROMETHEUS_URL is not set): in requests, without times",
      "",
      "  1  converge    `pulumi up` stages the new version at 0 % of the traffic, at most 20 min",
    ]);
    assert.deepEqual(lines.slice(lines.findIndex((text) => text.startsWith("Requests"))).slice(0, 11), [
      "Requests at the candidate that a step needs, none of them failed",
      "  step    wait    to pass   to show ≤ 0.1 %   to prove it",
      "  10 %    5 min   100       2,995             5,000",
      "  100 %   5 min   100       2,995             5,000",
      "  to show: 95 % sure at one look. To prove: sure at every look, which is when a verdict says `proven`.",
      "  ≤ 5 % over 0.2 s: 59 to show it, 98 to prove it.",
      "",
      "A bad candidate is taken back after (half of the time | nine times in ten)",
      "  step    failing 100 %   failing 20 %   failing 5 %   failing 1 %",
      "  10 %    3 | 6           20 | 40        100 | 200     not in 20,000",
      "  100 %   3 | 6           20 | 40        100 | 200     not in 20,000",
    ]);
  });

  it("warns of a step that would starve, and says what then becomes of it", () => {
    const outcome = (perSecond: number, policy: "rollback" | "hold" | "warn"): string[] => {
      const starved = releasePlan({
        steps: [{ percent: 100, wait: 20_000 }],
        policies: { noData: { policy, deadline: 60_000 } },
      });
      return describeForecast(forecast(starved, perSecond), starved).filter((text) => text.includes("too short"));
    };
    assert.deepEqual(outcome(1, "rollback"), [
      "  4  100 %       20 s are too short, and so are 60 s more: then it is TAKEN BACK for want of data",
    ]);
    assert.deepEqual(outcome(0, "hold"), [
      "  4  100 %       20 s are too short, and so are 60 s more: then it is HELD for a person",
    ]);
    assert.deepEqual(outcome(0, "warn"), [
      "  4  100 %       20 s are too short, and so are 60 s more: then it goes on with a warning, unjudged",
    ]);
    assert.deepEqual(outcome(2.5, "rollback"), [
      "  4  100 %       20 s are too short: it is held 20 s longer, until it can be judged",
    ]);
  });

  it("says what a policy to warn, whole pods and a hotfix mean", () => {
    const thresholds = { errorRate: { max: 0.01, policy: "warn" }, latency: { seconds: 0.5, policy: "hold" } } as const;
    const staging = releasePlan({ thresholds, router: { kind: "replicas" }, replicas: 3, quarantine: false });
    const lines = describeForecast(forecast(staging, 50), staging, { hotfix: "payments are down" });
    for (const text of [
      "  as a hotfix, without waits and approvals: payments are down",
      "  3  smoke test  none: the service names no smoke steps",
      "  4  10 %        20 s (25 % as whole pods): enough requests to judge it",
      "A bad candidate is warned of after (half of the time | nine times in ten)",
      "  each with a reading of the pods every 0.32 s and 1 s for the patch included",
      "  more than 1 % of the requests fail               once that is proven it goes on with a warning",
      "  more than 5 % take over 0.5 s                    once that is proven it is held for a person",
      "  a container of it restarts                       at once it is taken back",
    ])
      assert.ok(lines.includes(text), `${text}\nis not in\n${lines.join("\n")}`);
  });

  it("calls no share a fault that the limit allows", () => {
    const lenient = releasePlan({
      thresholds: { ...releasePlan().thresholds, errorRate: { max: 0.05, policy: "rollback" } },
    });
    const [row] = describeForecast(forecast(lenient, 50), lenient).filter(
      (text) => text.startsWith("  10 %") && text.includes("|"),
    );
    assert.match(row ?? "", / allowed +allowed$/);
  });

  it("fits 120 columns", () => {
    for (const perSecond of [undefined, 0, 3, 50, 5_000])
      for (const text of describeForecast(forecast(plan, perSecond), plan, about)) assert.ok(text.length <= 120, text);
  });
});
