import assert from "node:assert/strict";
import { adviceOf } from "../../../delivery/report/advice.ts";
import { storyOf, type Story } from "../../../delivery/report/story.ts";
import { isQuarantined } from "../../../delivery/report/text.ts";
import { headlineOf } from "../../../delivery/report/words.ts";
import { aged, records } from "./records.ts";

const weightsOf = ({ weights }: Story): number[] => weights.map(({ percent }) => percent);
const resultsOf = ({ steps }: Story): (readonly [number | undefined, string, string])[] =>
  steps.map(({ index, kind, result }) => [index, kind, result] as const);

describe("the story of a release", () => {
  it("tells a good one step by step, with what each step saw", async () => {
    const story = storyOf(await records.healthy());
    assert.equal(headlineOf(story), "Released");
    assert.deepEqual(weightsOf(story), [0, 10, 50, 100]);
    assert.deepEqual(resultsOf(story), [
      [0, "weight", "passed"],
      [1, "weight", "passed"],
      [2, "weight", "passed"],
      [undefined, "soak", "passed"],
    ]);
    const [first, second, third] = story.steps;
    assert.deepEqual(
      first?.metrics.map(({ metric, verdict, scope, candidate, active, limit }) => {
        return { metric, verdict, scope, candidate, active, limit: limit?.toFixed(4) };
      }),
      [
        {
          metric: "errorRate",
          verdict: "PASS",
          scope: "step",
          candidate: { total: 200, bad: 0 },
          active: { total: 1800, bad: 0 },
          limit: "0.0010",
        },
        {
          metric: "latency",
          verdict: "PASS",
          scope: "step",
          candidate: { total: 200, bad: 0 },
          active: { total: 1800, bad: 0 },
          limit: "0.0500",
        },
      ],
    );
    assert.deepEqual(second?.metrics[0]?.candidate, { total: 1000, bad: 0 });
    assert.equal(third?.metrics[0]?.active, undefined, "at 100 % there is nobody to compare with");
    assert.deepEqual(first.p95, { candidate: 0.081, active: 0.079 });
    assert.equal(first.inEffect?.confirmed, true);
    assert.deepEqual(story.missing, []);
    assert.deepEqual(story.decisions, []);
  });

  it("has the times of everything from the journal", async () => {
    const { timings, header } = storyOf(await records.guard());
    assert.deepEqual(
      timings.map(({ name, percent, seconds }) => [name, percent, Number(seconds.toFixed(3))]),
      [
        ["until-ready", undefined, 6.24],
        ["smoke", undefined, 1.41],
        ["shift", 10, 0.084],
        ["confirm", 10, 0.912],
        ["measure", 10, timings[4]?.seconds],
        ["to-return", undefined, 0.091],
        ["to-confirmed-return", undefined, 0.438],
        ["tidy-up", undefined, 2.42],
      ],
    );
    assert.equal(header.durationSeconds, (Date.parse(header.endedAt ?? "") - Date.parse(header.startedAt)) / 1000);
  });

  it("says of a release on its way back that it is, and why, wherever it is on it", async () => {
    const story = storyOf(await records.guard());
    const headlineIn = (phase: "returning" | "scaling-down" | "stepping-back") =>
      headlineOf({ ...story, header: { ...story.header, outcome: "under-way", phase } });
    assert.equal(headlineIn("returning"), "Rolling back at 10 %: it failed too many requests");
    assert.equal(headlineIn("scaling-down"), "Rolling back at 10 %: it failed too many requests");
    assert.match(headlineIn("stepping-back"), /^Under way: /);
  });

  it("tells what the guard saw when it took a release back, and that the rest was not reached", async () => {
    const story = storyOf(await records.guard());
    assert.equal(headlineOf(story), "Rolled back at 10 %: it failed too many requests");
    assert.deepEqual(weightsOf(story), [0, 10, 0]);
    assert.deepEqual(resultsOf(story), [
      [0, "weight", "failed"],
      [1, "weight", "not-reached"],
      [2, "weight", "not-reached"],
    ]);
    const [step] = story.steps;
    assert.equal(step?.by, "guard");
    const [errors] = step.metrics;
    assert.deepEqual([errors?.verdict, errors?.scope], ["FAIL", "watch"]);
    assert.ok((errors?.proof?.breach ?? 0) >= (errors?.proof?.breachNeeded ?? Infinity));
    assert.deepEqual(
      story.decisions.map(({ by, event }) => [by, event]),
      [["guard", "failed"]],
    );
    assert.ok(isQuarantined(story));
  });

  it("tells of slow answers that the gate found", async () => {
    const story = storyOf(await records.latency());
    assert.equal(headlineOf(story), "Rolled back at 10 %: it answered too many requests too slowly");
    const latency = story.steps[0]?.metrics[1];
    assert.equal(story.steps[0]?.by, "gate");
    assert.deepEqual(
      [latency?.metric, latency?.verdict, latency?.label],
      ["latency", "FAIL", "requests slower than 0.2 s"],
    );
    assert.deepEqual(latency?.candidate, { total: 50, bad: 20 });
  });

  it("tells which step of a smoke test failed, and that no traffic ever moved", async () => {
    const story = storyOf(await records.smoke());
    assert.equal(headlineOf(story), "Rolled back before it had any traffic: its smoke test failed");
    const [test] = story.smoke;
    assert.deepEqual([test?.through, test?.passed, test?.steps.length], ["candidate", false, 5]);
    assert.deepEqual(test?.steps.at(-1), {
      name: "agents",
      passed: false,
      durationSeconds: 0.18,
      detail: "agents: POST /api/agents/execute answered 500 where 2xx is expected",
    });
    assert.ok(!story.timings.some(({ name }) => name === "to-return"), "there was no traffic to bring back");
  });

  it("tells of a release that is held, with the weight that it stepped back to", async () => {
    const story = storyOf(await records.held());
    assert.equal(story.header.outcome, "held");
    assert.equal(headlineOf(story), "Held at 10 %: it failed too many requests");
    assert.deepEqual(weightsOf(story), [0, 10, 50, 10]);
    assert.deepEqual(adviceOf(story.header, false), [
      "Look for 5xx answers in the candidate's log of that time.",
      "Then go on with `atom resume --stack staging`, or take it back with `atom abort --stack staging`.",
    ]);
  });

  it("tells who approved, and how long that took", async () => {
    const story = storyOf(await records.approval());
    assert.deepEqual(resultsOf(story), [
      [0, "weight", "passed"],
      [1, "approval", "approved"],
      [2, "weight", "passed"],
      [undefined, "soak", "passed"],
    ]);
    assert.equal(story.steps[1]?.detail, "approved by berta");
    assert.ok((story.timings.find(({ name }) => name === "approval")?.seconds ?? 0) > 30);
  });

  it("tells who aborted a release, and why", async () => {
    const story = storyOf(await records.aborted());
    assert.equal(headlineOf(story), "Aborted at 50 %: a person wanted it");
    assert.equal(story.header.cause?.detail, "aborted by berta: wrong version");
    assert.equal(story.steps[1]?.result, "taken-back");
    assert.ok(!isQuarantined(story));
  });

  it("says that a hotfix was not measured, and why it was one", async () => {
    const story = storyOf(await records.hotfix());
    assert.equal(headlineOf(story), "Released as a hotfix");
    assert.equal(story.header.hotfix, "CVE-2026-1");
    assert.deepEqual(
      story.steps.map(({ result }) => result),
      ["not-measured", "not-measured", "not-measured", "passed"],
    );
  });

  it("tells a breach in the soak from one at a step", async () => {
    const story = storyOf(await records.soak());
    assert.equal(headlineOf(story), "Rolled back at 100 %: it failed too many requests");
    assert.deepEqual(story.steps.at(-1)?.kind, "soak");
    assert.deepEqual(story.steps.at(-1)?.result, "failed");
  });

  it("keeps the warnings of a release that came through all the same", async () => {
    const story = storyOf(await records.warned());
    assert.equal(headlineOf(story), "Released, with a warning");
    assert.equal(story.decisions[0]?.event, "warned");
    assert.deepEqual(
      story.steps.map(({ result }) => result),
      ["passed-warned", "passed-warned", "passed-warned", "passed"],
    );
  });

  it("says of an observation that nothing was moved", async () => {
    const story = storyOf(await records.observed());
    assert.equal(story.header.observed, true);
    assert.equal(headlineOf(story), "Observed: it would have ended at 10 %: it got no request to judge it by");
    assert.equal(adviceOf(story.header, false)[0], "Nothing was moved.");
  });

  it("keeps what Prometheus was asked and answered, also an answer that is no number or none at all", async () => {
    const { queries, warnings } = storyOf(await records.healthy());
    assert.deepEqual(
      queries.slice(0, 3).map(({ name, answer }) => [name, answer]),
      [
        ["requests of the candidate", "200"],
        ["P95 of the active slot", "not a finite number"],
        ["failed requests of the candidate", "timeout: no answer within 10 s"],
      ],
    );
    assert.equal(queries[0]?.promql, 'sum(increase(http_requests_total{slot="green"}[21s]))');
    assert.deepEqual(warnings, ["PromQL info: metric might not be a counter"]);
  });
});

describe("the story of a release whose record has grown old", () => {
  it("says that evidence and plan were dropped, and tells the rest", async () => {
    const story = storyOf(aged(await records.guard()), { service: "atom", environment: "staging" });
    assert.deepEqual(story.missing, [
      "The evidence of 2 lines was dropped from the ledger, in part or whole; what was decided is kept.",
      "The release's plan was dropped from the ledger or is of another form: its limits and waits are not known.",
    ]);
    assert.equal(headlineOf(story), "Rolled back at 10 %: it failed too many requests");
    assert.deepEqual([story.header.service, story.header.environment], ["atom", "staging"]);
    const [step] = story.steps;
    assert.deepEqual([step?.result, step?.by, step?.evidenceDropped, step?.metrics], ["failed", "guard", true, []]);
    assert.equal(story.smoke[0]?.durationSeconds, undefined);
  });

  it("does not make up what stood in lines that are gone", async () => {
    const story = storyOf(aged(await records.guard(), 1));
    assert.equal(headlineOf(story), "Rolled back: it failed too many requests");
    assert.deepEqual(story.weights, []);
    assert.deepEqual(story.steps, []);
    assert.equal(story.missing[0], "The first 9 lines of the journal were dropped from the ledger with age.");
  });

  it("takes evidence of another form for none", async () => {
    const record = await records.healthy();
    for (const evidence of [null, 7, "x", [], {}, { judged: 3 }, { measurement: [] }, [{ metric: 1 }]]) {
      const journal = record.journal.map((entry) => ({ ...entry, evidence }));
      const story = storyOf({ ...record, journal });
      assert.equal(story.steps.length, 4);
      assert.deepEqual(story.steps[0]?.metrics, []);
      assert.equal(story.steps[0].evidenceDropped, true);
    }
  });

  it("says which part was too large for the ledger, and keeps the verdicts", async () => {
    const record = await records.healthy();
    const journal = record.journal.map((entry) => {
      if (entry.event !== "step-passed") return entry;
      const { judged, overtime } = entry.evidence as { judged: never; overtime: number };
      return { ...entry, evidence: { judged, overtime, omitted: ["measurement"] } };
    });
    const story = storyOf({ ...record, journal });
    const errors = story.steps[0]?.metrics[0];
    assert.deepEqual([errors?.verdict, errors?.scope, errors?.candidate], ["PASS", "release", { total: 200, bad: 0 }]);
    assert.equal(story.missing.length, 1);
  });
});
