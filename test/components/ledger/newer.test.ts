import assert from "node:assert/strict";
import fc from "fast-check";
import { compactJson } from "../../../components/json/json.ts";
import {
  formatLedger,
  initialLedger,
  LedgerCorruptError,
  parseLedger,
  type Ledger,
} from "../../../components/ledger/ledger.ts";
import { isUnread, wordOf } from "../../../components/ledger/open.ts";
import { noTotals } from "../../../components/ledger/totals.ts";
import { pastRelease, quarantined, releaseUnderWay } from "../slots/live.ts";

const at = "2026-01-01T00:00:00.000Z";
const deep = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth));
const parse = (text: string): Ledger => parseLedger(text, "atom-staging/atom-ledger", "atom");

const message = {
  id: "r1/a/b",
  release: "r1",
  kind: "slack-line",
  wanted: 1,
  attempts: 0,
  notBefore: at,
  deadline: at,
};

/** A ledger with all that this version writes: every object in it is a place for keys of a newer one. */
function whole(): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify({
      ...initialLedger("atom"),
      current: { ...releaseUnderWay, requests: [{ kind: "abort", seq: 1, at, by: "anna", reason: "" }] },
      releases: [pastRelease],
      quarantine: [quarantined("bad")],
      lifted: [{ ...quarantined("good"), liftedAt: at, liftedBy: "anna", why: "fixed" }],
      totals: noTotals(),
      outbox: { messages: [{ ...message, claim: { by: "x", until: at } }], givenUp: [{ id: "r0", at, problem: "" }] },
    }),
  ) as Record<string, unknown>;
}

/** All objects in a value whose keys the schema knows: not those in plans, templates and other JSON of any form. */
function objectsIn(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  if (typeof value !== "object" || value === null) return [];
  const own = value as Record<string, unknown>;
  const free = ["plan", "podTemplate", "evidence", "rollbacks", "reference"];
  return [own, ...Object.entries(own).flatMap(([key, each]) => (free.includes(key) ? [] : objectsIn(each)))];
}

describe("a ledger of a newer version", () => {
  it("comes back as it was, whatever JSON is under keys that this version does not know, wherever they are", () => {
    const places = objectsIn(whole()).length;
    const key = fc.string({ minLength: 1, maxLength: 8 }).map((name) => `new-${name}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(places - 1), key, fc.jsonValue()), { maxLength: 8 }), (additions) => {
        const ledger = whole();
        const objects = objectsIn(ledger);
        for (const [place, name, value] of additions) Object.assign(objects[place] ?? {}, { [name]: value });
        const text = compactJson(ledger);
        assert.deepEqual(JSON.parse(formatLedger(parse(text))), JSON.parse(text));
      }),
    );
  });

  it("comes back as it was with parts 10,000 brackets deep, known ones or not", () => {
    const ledger = whole();
    const current = ledger.current as Record<string, unknown>;
    Object.assign(current, { plan: deep(10_000), podTemplate: deep(10_000), notes: deep(10_000) });
    (current.journal as Record<string, unknown>[])[0] = {
      ...{ seq: 1, at, phase: "measuring", step: 0, percent: 0, event: "x", detail: "" },
      evidence: { by: deep(10_000) },
    };
    ledger.later = deep(10_000);
    const text = compactJson(ledger);
    const read = parse(text);
    assert.equal(
      compactJson(JSON.parse(formatLedger(read))),
      compactJson(JSON.parse(formatLedger(parse(formatLedger(read))))),
    );
    assert.equal(compactJson(read.current?.plan), "[".repeat(10_000) + "]".repeat(10_000));
  });

  const deepText = "[".repeat(100_000) + "]".repeat(100_000);
  for (const [what, text] of Object.entries({
    "nothing but brackets": deepText,
    "brackets for its releases": `{"schema":1,"releases":${deepText}}`,
  }))
    it(`that is ${what} is refused as corrupt`, () => {
      assert.throws(() => parse(text), LedgerCorruptError);
    });

  it("has words that this version does not know: they count as what is harmless, are shown, and come back", () => {
    const ledger = whole();
    const current = ledger.current as Record<string, unknown>;
    const state = {
      ...(current.state as object),
      phase: "restoring-autoscalers",
      cause: { reason: "node_lost", detail: "gone" },
    };
    Object.assign(current, { state, mode: "shadow" });
    (current.requests as unknown[]).push({ kind: "pause", seq: 2, until: at });
    Object.assign((ledger.releases as object[])[0] ?? {}, { outcome: "superseded" });
    const outbox = ledger.outbox as { messages: unknown[] };
    outbox.messages.push({ ...message, id: "r1/c/d", kind: "pager-call" });
    const text = JSON.stringify(ledger);
    const read = parse(text);
    const { state: now, mode, requests } = read.current ?? assert.fail("there is a release under way");
    assert.deepEqual(
      [now.phase, now.cause?.reason, mode, requests.at(-1)?.kind],
      ["held", "internal_error", "canary", "unknown"],
    );
    assert.equal(wordOf(now, "phase"), "restoring-autoscalers");
    assert.equal(now.cause && wordOf(now.cause, "reason"), "node_lost");
    assert.deepEqual([read.releases[0]?.outcome, read.outbox?.messages.at(-1)?.kind], ["aborted", "unknown"]);
    assert.deepEqual(JSON.parse(formatLedger(read)), JSON.parse(text));
  });

  it("loses a newer word only where something else takes its place", () => {
    const ledger = whole();
    const current = ledger.current as Record<string, unknown>;
    Object.assign(current, { state: { ...(current.state as object), phase: "later", shade: 7 } });
    const read = parse(JSON.stringify(ledger));
    const under = read.current ?? assert.fail("there is a release under way");
    const next = { ...read, current: { ...under, state: { ...under.state, phase: "returning" as const, percent: 0 } } };
    const { state } = parse(formatLedger(next)).current ?? assert.fail("there is a release under way");
    assert.deepEqual(
      [state.phase, wordOf(state, "phase"), isUnread(state, "phase")],
      ["returning", "returning", false],
    );
    assert.match(formatLedger(next), /"shade": 7/);
  });

  it("keeps totals and an outbox that this version cannot read, and is read without them", () => {
    const totals = { releases: { success: 3 }, form: 2 };
    const outbox = { messages: "elsewhere" };
    const text = JSON.stringify({ ...whole(), totals, outbox });
    const read = parse(text);
    assert.deepEqual([read.totals, read.outbox], [undefined, undefined]);
    assert.ok(isUnread(read, "totals") && isUnread(read, "outbox"));
    assert.deepEqual(JSON.parse(formatLedger(read)), JSON.parse(text));
  });

  it("is still refused where a part that a rollback needs is of another form", () => {
    for (const part of [{ active: "red" }, { fence: "many" }, { current: { ...releaseUnderWay, slot: "red" } }])
      assert.throws(() => parse(JSON.stringify({ ...whole(), ...part })), LedgerCorruptError);
  });
});
