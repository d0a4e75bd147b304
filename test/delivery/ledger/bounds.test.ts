import assert from "node:assert/strict";
import fc from "fast-check";
import { formatLedger, parseLedger } from "../../../components/ledger/ledger.ts";
import type { JournalEntry } from "../../../components/ledger/release-record.ts";
import { boundedText, forgetOld, largestLedger } from "../../../delivery/ledger/bounds.ts";
import { initialState } from "../../../delivery/release/state-machine.ts";
import { at, ledgerWith, past, underWay } from "./ledgers.ts";

function line(seq: number, bytes: number): JournalEntry {
  const evidence = { counts: "x".repeat(bytes) };
  return { seq, at, phase: "measuring", step: 0, percent: 10, event: "confirmed", detail: "", evidence };
}

describe("the size of a ledger", () => {
  it("is let be while it fits", () => {
    const ledger = ledgerWith({ releases: [past("r1", { journal: [line(1, 100)] })] });
    assert.deepEqual(boundedText(ledger).ledger, ledger);
  });

  it("loses the evidence of old releases first, and nothing of the one under way", () => {
    const journal = Array.from({ length: 20 }, (_, index) => line(index + 1, 4_000));
    const releases = Array.from({ length: 12 }, (_, index) => past(`r${index}`, { journal }));
    const { ledger, text } = boundedText(ledgerWith({ current: underWay({ journal }), releases }));
    assert.ok(Buffer.byteLength(text) <= largestLedger);
    assert.deepEqual(ledger.current?.journal, journal);
    assert.equal(ledger.releases.length, 12);
    assert.deepEqual(
      ledger.releases.map((release) => release.journal.some(({ evidence }) => evidence !== undefined)),
      ledger.releases.map((_, index) => index < 3),
    );
    assert.ok(ledger.releases.every((release) => release.journal.length === 20));
  });

  it("fits whatever was recorded, and is still the same ledger", () => {
    const anyRelease = fc
      .record({ lines: fc.nat({ max: 30 }), bytes: fc.nat({ max: 3_000 }), template: fc.nat({ max: 20_000 }) })
      .map(({ lines, bytes, template }) =>
        past("r1", {
          journal: Array.from({ length: lines }, (_, index) => line(index + 1, bytes)),
          podTemplate: { kept: "x".repeat(template) },
        }),
      );
    fc.assert(
      fc.property(fc.array(anyRelease, { maxLength: 60 }), (releases) => {
        const limit = 60_000;
        const { ledger, text } = boundedText(ledgerWith({ releases }), limit);
        assert.ok(Buffer.byteLength(text) <= limit);
        assert.deepEqual(parseLedger(text, "in a test", "atom"), ledger);
      }),
      { numRuns: 40 },
    );
  });

  it("shortens the details of the release under way from the oldest on, and only then drops its evidence", () => {
    const detail = "x".repeat(2_000);
    const journal = Array.from({ length: 20 }, (_, index) => ({ ...line(index + 1, 1_000), detail }));
    const ledger = ledgerWith({ current: underWay({ journal }) });
    const whole = Buffer.byteLength(formatLedger(ledger));
    const some = boundedText(ledger, whole - 5_000).ledger.current?.journal ?? [];
    assert.deepEqual(
      some.map((entry) => entry.detail === detail),
      journal.map((_, index) => index >= 3),
    );
    assert.match(some[0]?.detail ?? "", /^x+… \(cut: 2000 characters in all\)$/);
    assert.ok(some.every(({ evidence }) => evidence !== undefined));
    const more = boundedText(ledger, whole - 45_000).ledger.current?.journal ?? [];
    assert.ok(more.every((entry) => entry.detail !== detail));
    const bare = more.findIndex(({ evidence }) => evidence !== undefined);
    assert.ok(bare > 0 && bare < 20, String(bare));
    assert.ok(more.slice(bare).every(({ evidence }) => evidence !== undefined));
  });

  it("never keeps a release under way from being recorded, whatever has become large in it", () => {
    const text = fc.nat({ max: 30_000 }).map((length) => "x".repeat(length));
    const anyLine = fc
      .record({ detail: text, evidence: text })
      .map(({ detail, evidence }) => ({ ...line(1, 0), detail, evidence: { said: evidence } }));
    const anyCurrent = fc.record({
      journal: fc.array(anyLine, { maxLength: 12 }),
      podTemplate: text,
      plan: text,
      requests: fc.array(
        text.map((reason) => ({ kind: "abort", seq: 1, at, by: "anna", reason }) as const),
        { maxLength: 20 },
      ),
      state: text.map((detail) => ({
        ...initialState,
        phase: "returning" as const,
        cause: { reason: "not_ready" as const, detail },
      })),
    });
    const quarantine = fc.array(
      fc.nat(9_999).map((each) => ({ template: `t${each}`, reason: "not_ready", at, release: "r1" })),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(anyCurrent, quarantine, fc.array(text, { maxLength: 5 }), (current, list, templates) => {
        const releases = templates.map((podTemplate, index) => past(`r${index}`, { podTemplate }));
        const whole = ledgerWith({ current: underWay(current), quarantine: list, releases });
        const { ledger, text: written } = boundedText(whole, 12_000, 12_000);
        assert.ok(Buffer.byteLength(written) <= 12_000);
        assert.deepEqual(parseLedger(written, "in a test", "atom"), ledger);
        const { phase, percent, cause } = ledger.current?.state ?? initialState;
        assert.deepEqual([phase, percent, cause?.reason], ["returning", 0, "not_ready"]);
        assert.deepEqual([ledger.current?.id, ledger.current?.from], [whole.current?.id, whole.current?.from]);
        assert.equal(ledger.current?.journal.at(-1)?.seq, whole.current?.journal.at(-1)?.seq);
        assert.deepEqual([ledger.fence, ledger.active, ledger.quarantine], [whole.fence, whole.active, list]);
      }),
      { numRuns: 60 },
    );
  });

  it("may be above its bound where nothing is left to drop, as long as a ConfigMap takes it", () => {
    const current = underWay({ image: "x".repeat(50_000) });
    assert.ok(Buffer.byteLength(boundedText(ledgerWith({ current }), 20_000).text) > 50_000);
    assert.throws(() => boundedText(ledgerWith({ current }), 20_000, 20_000), { name: "LedgerTooLargeError" });
  });

  it("keeps the templates of the newest releases that served, and of no other, and every plan", () => {
    const releases = forgetOld(
      [past("r5"), past("r4", { outcome: "rolled-back" }), past("r3"), past("r2"), past("r0", { outcome: "baseline" })],
      2,
    );
    assert.deepEqual(
      releases.map(({ id, podTemplate }) => [id, podTemplate !== undefined]),
      [
        ["r5", true],
        ["r4", false],
        ["r3", true],
        ["r2", false],
        ["r0", false],
      ],
    );
    assert.ok(releases.every(({ plan }) => plan !== undefined));
  });
});
