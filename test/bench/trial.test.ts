import assert from "node:assert/strict";
import { OddEndError, strangersOf, trialOf } from "../../bench/trial.ts";
import type { Taken } from "../../bench/load/open-loop.ts";
import type { PastRelease } from "../../components/ledger/release-record.ts";

const at = (ms: number): number => Date.parse("2026-01-01T00:00:00.000Z") + ms;
const line = (event: string, ms: number, more: Partial<PastRelease["journal"][number]> = {}) => ({
  seq: 1,
  at: new Date(at(ms)).toISOString(),
  phase: "measuring" as const,
  step: 0,
  percent: 10,
  event,
  detail: "",
  ...more,
});
const judged = [{ metric: "errorRate", verdict: { evidence: { candidate: { total: 7, bad: 3 } } } }];

const staged = { slot: "green" as const, template: "4f2a9c01d3be", version: "2", image: "atom:2" };
const record: PastRelease = {
  id: "r1",
  ...staged,
  startedAt: new Date(at(0)).toISOString(),
  endedAt: new Date(at(9_000)).toISOString(),
  startedBy: "bench",
  mode: "canary",
  from: { ...staged, slot: "blue" },
  outcome: "rolled-back",
  state: {
    phase: "rolled-back",
    step: 0,
    percent: 0,
    judged: 0,
    warned: [],
    cause: { reason: "high_error_rate", detail: "too many errors" },
  },
  journal: [
    line("shifted", 1_000),
    line("failed", 1_700, { detail: "guard: errorRate FAIL", evidence: judged }),
    line("returned", 1_740),
  ],
};
const taken: Taken = {
  requests: 100,
  statuses: { 401: 95, 555: 3, 503: 2 },
  kept: [1_100, 1_500, 1_900].map((ms) => ({ sentAt: at(ms - 2), answeredAt: at(ms) })),
  skipped: 0,
  latency: { p50: 1, p99: 4 },
};

describe("A trial", () => {
  it("puts the ledger's times beside those of the clients", () => {
    const trial = trialOf(record, taken, [401, 555]);
    assert.equal(trial.judgedBy, "guard");
    assert.deepEqual(trial.atCandidate, { total: 7, bad: 3 });
    assert.equal(trial.badAnswers, 3);
    assert.equal(trial.detection, 600);
    assert.equal(trial.patched, 40);
    assert.equal(trial.verdictToLast, 200);
    assert.equal(trial.firstToLast, 800);
    assert.deepEqual(trial.strangers, { 503: 2 });
    assert.equal(strangersOf(trial), 2);
  });

  it("takes no bad answer after the verdict for no time", () => {
    const [first] = taken.kept;
    const trial = trialOf(record, { ...taken, kept: first === undefined ? [] : [first] }, [401, 555]);
    assert.equal(trial.verdictToLast, 0);
  });

  it("knows a verdict of the gate, whose evidence has more in it", () => {
    const [shifted, failed, returned] = record.journal;
    assert.ok(shifted && failed && returned);
    const byGate = { ...failed, detail: "errorRate FAIL", evidence: { overtime: 5, judged, measurement: {} } };
    const trial = trialOf({ ...record, journal: [shifted, byGate, returned] }, taken, [401, 555]);
    assert.equal(trial.judgedBy, "gate");
    assert.deepEqual(trial.atCandidate, { total: 7, bad: 3 });
  });

  it("is none where the release was taken back for something else", () => {
    const cause = { reason: "not_ready", detail: "1 of 1 pods crash" } as const;
    assert.throws(() => trialOf({ ...record, state: { ...record.state, cause } }, taken, []), OddEndError);
    assert.throws(() => trialOf({ ...record, outcome: "released" }, taken, []), OddEndError);
  });
});
