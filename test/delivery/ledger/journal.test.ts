import assert from "node:assert/strict";
import type { JournalEntry } from "../../../components/ledger/release-record.ts";
import { appended, largestEvidence } from "../../../delivery/ledger/journal.ts";
import { initialState } from "../../../delivery/release/state-machine.ts";
import { at, ledgerWith, past, underWay } from "./ledgers.ts";

function line(seq: number, more: Partial<JournalEntry> = {}): JournalEntry {
  return { seq, at, phase: "smoking", step: 0, percent: 0, event: "ready", detail: "", ...more };
}

const smoking = { ...initialState, phase: "smoking" } as const;

describe("the journal in the ledger", () => {
  it("gets its lines and the state that they lead to together", () => {
    const after = appended(ledgerWith({ current: underWay() }), "r1", [line(2), line(3)], smoking, { keep: 10 });
    assert.deepEqual(
      [after?.current?.state.phase, after?.current?.journal.map(({ seq }) => seq)],
      ["smoking", [1, 2, 3]],
    );
  });

  it("has each line once, even if it is written again or anew", () => {
    const once = appended(ledgerWith({ current: underWay() }), "r1", [line(2)], smoking, { keep: 10 });
    const again = appended(once ?? ledgerWith(), "r1", [line(2, { event: "failed" }), line(3)], smoking, { keep: 10 });
    assert.deepEqual(
      again?.current?.journal.map(({ seq, event }) => [seq, event]),
      [
        [1, "prepared"],
        [2, "failed"],
        [3, "ready"],
      ],
    );
  });

  it("ends a release in the same write, and once", () => {
    const released = { ...initialState, phase: "released", percent: 100, judged: 100 } as const;
    const ledger = ledgerWith({ current: underWay(), releases: [past("r0")] });
    const after = appended(ledger, "r1", [line(2, { phase: "released" })], released, { keep: 10 });
    assert.ok(after !== undefined);
    assert.deepEqual([after.current, after.active], [null, "green"]);
    assert.deepEqual(
      after.releases.map(({ id, outcome }) => [id, outcome]),
      [
        ["r1", "released"],
        ["r0", "released"],
      ],
    );
    assert.deepEqual(after.totals?.releases, { success: 1, failed: 0, rolled_back: 0 });
    assert.equal(appended(after, "r1", [line(2)], released, { keep: 10 }), undefined);
  });

  it("leaves the slot that serves where it was when a release is rolled back", () => {
    const state = { ...initialState, phase: "rolled-back" } as const;
    const after = appended(ledgerWith({ current: underWay() }), "r1", [line(2)], state, { keep: 10 });
    assert.deepEqual([after?.active, after?.releases[0]?.outcome], ["blue", "rolled-back"]);
    assert.equal(after?.releases[0]?.podTemplate, undefined);
  });

  it("belongs to the release under way and to no other", () => {
    assert.throws(() => appended(ledgerWith(), "r1", [line(2)], smoking, { keep: 10 }), /under way is none and not r1/);
    const other = ledgerWith({ current: underWay({ id: "r2" }) });
    assert.throws(() => appended(other, "r1", [line(2)], smoking, { keep: 10 }), /under way is r2 and not r1/);
  });

  it("leaves out the largest parts of evidence that is too large, and names them", () => {
    const large = "x".repeat(largestEvidence);
    const written = (evidence: JournalEntry["evidence"] & {}): unknown =>
      appended(ledgerWith({ current: underWay() }), "r1", [line(2, { evidence })], smoking, { keep: 10 })?.current
        ?.journal[1]?.evidence;
    assert.deepEqual(written({ judged: [1], queries: large }), { judged: [1], omitted: ["queries"] });
    assert.deepEqual(written({ measurement: { counts: 1, queries: [large] }, judged: [1] }), {
      measurement: { counts: 1 },
      judged: [1],
      omitted: ["measurement.queries"],
    });
    assert.deepEqual(written({ a: large, b: `${large}x`, c: 1 }), { c: 1, omitted: ["b", "a"] });
    assert.deepEqual(written([large]), { omitted: ["everything"] });
    assert.deepEqual(written({ judged: [1] }), { judged: [1] });
  });
});
