import assert from "node:assert/strict";
import {
  formatLedger,
  initialLedger,
  LedgerCorruptError,
  LedgerNewerError,
  parseLedger,
} from "../../../components/ledger/ledger.ts";
import { noTotals } from "../../../components/ledger/totals.ts";
import { pastRelease, quarantined, releaseUnderWay } from "../slots/live.ts";

const where = "atom-staging/atom-ledger";
const parse = (value: unknown) => parseLedger(typeof value === "string" ? value : JSON.stringify(value), where, "atom");

describe("the ledger", () => {
  it("starts with blue active and nothing released", () => {
    const { active, current, releases, quarantine } = initialLedger("atom");
    assert.deepEqual(
      { active, current, releases, quarantine },
      { active: "blue", current: null, releases: [], quarantine: [] },
    );
  });

  it("reads what it wrote", () => {
    const ledger = {
      ...initialLedger("atom", "green"),
      current: { ...releaseUnderWay, noteOfALaterVersion: "kept" },
      releases: [pastRelease],
      quarantine: [quarantined("bad")],
    };
    assert.deepEqual(parse(formatLedger(ledger)), ledger);
  });

  const corrupt: readonly (readonly [what: string, value: unknown, problem: RegExp])[] = [
    ["no text", "", /not JSON/],
    ["truncated JSON", '{"schema": 1,', /not JSON/],
    ["no object", [], /ledger: /],
    ["no schema", { ...initialLedger("atom"), schema: undefined }, /schema: /],
    ["an unknown slot", { ...initialLedger("atom"), active: "red" }, /active: /],
    [
      "a quarantine without a reason",
      { ...initialLedger("atom"), quarantine: [{ ...quarantined("x"), reason: "" }] },
      /quarantine\.0\.reason: /,
    ],
    ["another service's", initialLedger("other"), /belongs to "other", not to "atom"/],
  ];
  for (const [what, value, problem] of corrupt) {
    it(`with ${what} is corrupt, and the message names it and the problem`, () => {
      assert.throws(
        () => parse(value),
        (error: unknown) =>
          error instanceof LedgerCorruptError &&
          error.message.includes(where) &&
          error.problems.some((each) => problem.test(each)),
      );
    });
  }

  it("tells all of its problems", () => {
    assert.throws(
      () => parse({ ...initialLedger("atom"), active: "red", releases: 1 }),
      (error: unknown) => error instanceof LedgerCorruptError && error.problems.length === 2,
    );
  });

  it("of a newer schema is newer and not corrupt, whatever else is in it", () => {
    assert.throws(
      () => parse({ schema: 2, whatever: true }),
      (error: unknown) => error instanceof LedgerNewerError && error.schema === 2,
    );
  });

  it("counts from 0 what an older version did not count", () => {
    const { dashboards, leadSeconds, returnSeconds, changeFailures, aborted, superseded, ...older } = noTotals();
    const totals = { dashboards, leadSeconds, returnSeconds, changeFailures, aborted, superseded, ...older };
    assert.deepEqual(parse({ ...initialLedger("atom"), totals: older }).totals, totals);
  });
});
