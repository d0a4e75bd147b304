import assert from "node:assert/strict";
import fc from "fast-check";
import { bucketEdges, noQueries, observed, type QueryTotals } from "../../../components/ledger/counts.ts";
import type { PastRelease, Reason } from "../../../components/ledger/release-record.ts";
import { noTotals, type Totals } from "../../../components/ledger/totals.ts";
import { withRelease } from "../../../delivery/metrics/count.ts";
import { QueryCounter } from "../../../delivery/metrics/query-counter.ts";
import { initialState } from "../../../delivery/release/state-machine.ts";
import { at, past } from "../ledger/ledgers.ts";

type Line = PastRelease["journal"][number];

function line(event: string, percent = 0, evidence?: Line["evidence"]): Line {
  return { ...{ seq: 1, at, phase: "smoking", step: 0, percent, event, detail: "" }, ...(evidence && { evidence }) };
}

function smokeTest(passed: boolean, duration: number): Line["evidence"] {
  return { passed, duration, steps: [] };
}

function takenBack(reason: Reason, journal: readonly Line[], outcome: "rolled-back" | "aborted" = "rolled-back") {
  const state = { ...initialState, phase: outcome, cause: { reason, detail: "" } } as const;
  return past("r1", { outcome, state, journal: [...journal] });
}

function later(seconds: number): string {
  return new Date(Date.parse(at) + 1000 * seconds).toISOString();
}

describe("the totals of a service's releases", () => {
  it("tell success from failure without users, and from a way back from them", () => {
    const cases: readonly (readonly [PastRelease, Partial<Totals["releases"]>, Totals["rollbacks"]])[] = [
      [past("r1"), { success: 1 }, {}],
      [takenBack("smoke_test_failed", [line("failed")]), { failed: 1 }, { smoke_test_failed: 1 }],
      [takenBack("high_error_rate", [line("shifted", 10)]), { rolled_back: 1 }, { high_error_rate: 1 }],
      [takenBack("manual", [line("shifted", 50)], "aborted"), { rolled_back: 1 }, { manual: 1 }],
    ];
    for (const [release, releases, rollbacks] of cases) {
      const totals = withRelease(undefined, release);
      assert.deepEqual(totals.releases, { ...noTotals().releases, ...releases });
      assert.deepEqual(totals.rollbacks, rollbacks);
    }
  });

  it("count each smoke test with its time, also one whose evidence is gone", () => {
    const journal = [line("smoke-passed", 0, smokeTest(true, 12_000)), line("smoke-passed")];
    const { smokeTests, smokeSeconds } = withRelease(undefined, past("r1", { journal }));
    assert.deepEqual(
      [smokeTests, smokeSeconds],
      [
        { passed: 2, failed: 0 },
        { counts: [1, 1, 0, 0, 0, 0], sum: 12 },
      ],
    );
    const failing = takenBack("smoke_test_failed", [line("failed", 0, smokeTest(false, 301_000))]);
    assert.deepEqual(withRelease(undefined, failing).smokeTests, { passed: 0, failed: 1 });
    assert.deepEqual(withRelease(undefined, failing).smokeSeconds.counts, [0, 0, 0, 0, 0, 1]);
  });

  it("have a release's time in its bucket, the edge in the one below, and no time where a clock went back", () => {
    for (const [seconds, bucket] of [
      [0, 0],
      [60, 0],
      [60.001, 1],
      [3600, 5],
      [3601, 6],
    ] as const) {
      const { counts, sum } = withRelease(undefined, past("r1", { endedAt: later(seconds) })).seconds;
      assert.deepEqual([counts.indexOf(1), sum], [bucket, seconds]);
    }
    assert.equal(withRelease(undefined, past("r1", { endedAt: later(-5) })).seconds.sum, 0);
  });

  it("tell from when it was committed a version took to come to all users", () => {
    const change = { commit: "0123456789", committedAt: later(-7200) };
    const lead = (release: PastRelease) => withRelease(undefined, release).leadSeconds;
    assert.deepEqual(lead(past("r1", { change })), { counts: [0, 1, 0, 0, 0, 0], sum: 7200 });
    assert.equal(lead(past("r1", { change: { ...change, committedAt: later(60) } })).sum, 0);
    const none = { counts: [0, 0, 0, 0, 0, 0], sum: 0 };
    assert.deepEqual(lead(past("r1")), none);
    assert.deepEqual(lead(past("r1", { change: { commit: "0123456789" } })), none);
    assert.deepEqual(lead({ ...takenBack("high_error_rate", []), change }), none);
  });

  it("tell how long users were without the version that serves, once they had been given another one", () => {
    const verdict = { ...line("failed"), phase: "returning", at: later(10) } as const;
    const confirmed = { ...line("return-confirmed"), at: later(10.75) };
    const back = (journal: readonly Line[]) =>
      withRelease(undefined, takenBack("high_error_rate", journal)).returnSeconds;
    assert.deepEqual(back([line("shifted", 10), verdict, confirmed]), { counts: [0, 1, 0, 0, 0, 0, 0], sum: 0.75 });
    const none = { counts: [0, 0, 0, 0, 0, 0, 0], sum: 0 };
    assert.deepEqual(back([line("failed"), verdict, confirmed]), none);
    for (const unseen of ["return-unconfirmed", "return-contradicted"])
      assert.deepEqual(back([line("shifted", 10), verdict, line(unseen)]), none);
  });

  it("hold against a change what took it from its users, and not what stopped its releaser", () => {
    const journal = [line("shifted", 10)];
    for (const [reason, counts] of [
      ["high_error_rate", [1, 0, 0]],
      ["manual", [1, 1, 0]],
      ["superseded", [0, 0, 1]],
      ["releaser_lost", [0, 0, 0]],
      ["metrics_unavailable", [0, 0, 0]],
    ] as const) {
      const { changeFailures, aborted, superseded } = withRelease(undefined, takenBack(reason, journal));
      assert.deepEqual([changeFailures, aborted, superseded], counts, reason);
    }
    assert.equal(withRelease(undefined, takenBack("smoke_test_failed", [line("failed")])).changeFailures, 0);
    assert.equal(withRelease(undefined, past("r1", { journal })).changeFailures, 0);
  });

  it("tell what became of the dashboards, where the environment has any", () => {
    const plan = (dashboards: string[] | null) => ({ notifications: { grafana: dashboards && { dashboards } } });
    const without = { updated: 0, failed: 0, skipped: 0 };
    for (const [release, counts] of [
      [past("r1", { plan: plan(["atom-error-rate"]) }), { ...without, updated: 1 }],
      [
        { ...takenBack("converge_failed", []), plan: plan(["atom-error-rate"]) },
        { ...without, failed: 1 },
      ],
      [past("r1", { plan: plan([]) }), { ...without, skipped: 1 }],
      [past("r1", { plan: plan(null) }), without],
      [past("r1", { plan: null }), without],
    ] as const)
      assert.deepEqual(withRelease(undefined, release).dashboards, counts);
  });

  it("only grow, each release counting once in every part", () => {
    const seconds = fc.double({ min: 0, max: 10_000, noNaN: true });
    const release = fc.oneof(
      seconds.map((after) => past("r1", { endedAt: later(after) })),
      fc
        .constantFrom<Reason>("manual", "high_latency", "not_ready")
        .map((reason) => takenBack(reason, [line("shifted", 10)])),
    );
    fc.assert(
      fc.property(fc.array(release, { maxLength: 20 }), (releases) => {
        let totals = noTotals();
        for (const one of releases) {
          const next = withRelease(totals, one);
          for (const status of ["success", "failed", "rolled_back"] as const)
            assert.ok(next.releases[status] >= totals.releases[status]);
          assert.ok(next.seconds.counts.every((count, index) => count >= (totals.seconds.counts[index] ?? 0)));
          assert.ok(next.seconds.sum >= totals.seconds.sum);
          totals = next;
        }
        const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
        assert.equal(sum(Object.values(totals.releases)), releases.length);
        assert.equal(sum(totals.seconds.counts), releases.length);
        assert.equal(sum(Object.values(totals.rollbacks)), totals.releases.failed + totals.releases.rolled_back);
      }),
    );
  });
});

describe("what a release asks of Prometheus", () => {
  const asked = (...seconds: number[]): QueryTotals =>
    seconds.reduce<QueryTotals>(
      (before, each) => ({
        results: { ...before.results, success: before.results.success + 1 },
        seconds: observed(before.seconds, bucketEdges.queries, each),
      }),
      noQueries(),
    );

  it("counts with what was asked before it began, and on top of what an earlier releaser asked", () => {
    const counter = new QueryCounter();
    counter.record({ result: "success", seconds: 0.25 });
    counter.begin(asked(0.5));
    counter.record({ result: "success", seconds: 2 });
    assert.deepEqual(counter.counts, asked(0.5, 0.25, 2));
    assert.deepEqual(withRelease(undefined, past("r1", { queries: counter.counts })).queries, counter.counts);
  });

  it("does not count for the release that comes after it", () => {
    const counter = new QueryCounter();
    counter.begin();
    counter.record({ result: "timeout", seconds: 10 });
    assert.deepEqual(counter.counts.results, { success: 0, failed: 0, timeout: 1 });
    counter.begin();
    assert.deepEqual(counter.counts, noQueries());
  });
});
