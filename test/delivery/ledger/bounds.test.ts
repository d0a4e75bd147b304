import assert from "node:assert/strict";
import fc from "fast-check";
import { parseLedger } from "../../../components/ledger/ledger.ts";
import type { JournalEntry } from "../../../components/ledger/release-record.ts";
import { boundedText, forgetOld, largestLedger } from "../../../delivery/ledger/bounds.ts";
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

  it("is an error when what a release under way needs is too large by itself", () => {
    const current = underWay({ podTemplate: { kept: "x".repeat(50_000) } });
    assert.throws(() => boundedText(ledgerWith({ current }), 20_000), { name: "LedgerTooLargeError" });
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
