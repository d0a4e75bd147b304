import assert from "node:assert/strict";
import { parseLedger, formatLedger } from "../../../components/ledger/ledger.ts";
import { liftQuarantine, NotQuarantinedError } from "../../../delivery/ledger/quarantine.ts";
import type { LedgerStore } from "../../../delivery/ledger/store.ts";
import { withWithdrawals } from "../../../delivery/ledger/withdrawn.ts";
import { systemClock } from "../../../delivery/clock/system-clock.ts";
import { at, ledgerWith, past } from "./ledgers.ts";

const { state } = past("r1");
const cause = { reason: "manual", detail: "rolled back by anna: logins fail" } as const;
const rolledBack = past("r7", { outcome: "aborted", state: { ...state, cause, withdraws: true } });
const entry = { template: "bbbbbbbbbbbb", reason: cause.detail, at, release: "r7" };

describe("what users withdraw", () => {
  it("is the template of a release that they rolled back while it was under way", () => {
    assert.deepEqual(withWithdrawals(ledgerWith(), rolledBack).withdrawn, [entry]);
  });

  it("is what served before, once the kept version that they released in its place serves", () => {
    const kept = past("r8", { rollback: "logins fail", template: "kept", outcome: "released" });
    const [withdrawn, ...others] = withWithdrawals(ledgerWith(), kept).withdrawn ?? [];
    assert.deepEqual(withdrawn, {
      template: "aaaaaaaaaaaa",
      reason: "rolled back by anna: logins fail",
      ...{ at, release: "r8" },
    });
    assert.deepEqual(others, []);
    // It did not come to serve, so nothing was rolled back.
    assert.equal(withWithdrawals(ledgerWith(), { ...kept, outcome: "rolled-back" }).withdrawn, undefined);
  });

  it("is nothing after an abort, a release, or a verdict", () => {
    const ledger = ledgerWith();
    const aborted = past("r7", { outcome: "aborted", state: { ...state, cause } });
    for (const release of [aborted, past("r7"), past("r7", { outcome: "rolled-back" })])
      assert.equal(withWithdrawals(ledger, release), ledger);
  });

  it("is noted once for each template, by the last release of it, and no longer once that serves", () => {
    const once = withWithdrawals(ledgerWith(), rolledBack);
    const twice = withWithdrawals(once, { ...rolledBack, id: "r9" });
    assert.deepEqual(twice.withdrawn, [{ ...entry, release: "r9" }]);
    assert.deepEqual(withWithdrawals(twice, past("r10")).withdrawn, []);
    const other = past("r10", { template: "cccccccccccc" });
    assert.deepEqual(withWithdrawals(twice, other).withdrawn, twice.withdrawn);
  });

  it("is bounded, the newest first", () => {
    let ledger = ledgerWith();
    for (let index = 0; index < 60; index += 1)
      ledger = withWithdrawals(ledger, { ...rolledBack, template: `template-${index}` });
    assert.deepEqual([ledger.withdrawn?.length, ledger.withdrawn?.[0]?.template], [50, "template-59"]);
  });

  it("is read again as it was written", () => {
    const ledger = withWithdrawals(ledgerWith({ releases: [rolledBack] }), rolledBack);
    assert.deepEqual(parseLedger(formatLedger(ledger), "in a test", "atom"), ledger);
  });

  it("may be staged again once that is lifted with a reason, and nothing else may", async () => {
    let ledger = withWithdrawals(ledgerWith(), rolledBack);
    const store = {
      update: (change: (live: typeof ledger) => typeof ledger) => Promise.resolve((ledger = change(ledger))),
    } as unknown as LedgerStore;
    const { signal } = new AbortController();
    const lifting = { by: "ben", why: "the database was at fault" };
    await assert.rejects(
      liftQuarantine(store, { ...lifting, template: "another" }, systemClock, signal),
      NotQuarantinedError,
    );
    await liftQuarantine(store, { ...lifting, template: entry.template }, systemClock, signal);
    assert.deepEqual(ledger.withdrawn, []);
    assert.deepEqual(
      ledger.lifted?.map(({ template, liftedBy, why }) => [template, liftedBy, why]),
      [[entry.template, "ben", "the database was at fault"]],
    );
  });
});
