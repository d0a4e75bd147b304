import assert from "node:assert/strict";
import { formatLedger, type Ledger } from "../../../components/ledger/ledger.ts";
import type { ReleaseState } from "../../../components/ledger/release-record.ts";
import { configMaps } from "../../../delivery/cluster/resources.ts";
import { liftQuarantine } from "../../../delivery/ledger/quarantine.ts";
import { ask, LedgerApproval, type Ask } from "../../../delivery/ledger/requests.ts";
import { LedgerStore } from "../../../delivery/ledger/store.ts";
import { eventOf } from "../../../delivery/release/requests.ts";
import { initialState } from "../../../delivery/release/state-machine.ts";
import { MemoryCluster } from "../support/memory-cluster.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { at, ledgerWith, underWay } from "./ledgers.ts";

const { signal } = new AbortController();

describe("what people ask of a release", () => {
  let clock: VirtualClock;
  let cluster: MemoryCluster;
  let store: LedgerStore;

  beforeEach(() => {
    clock = new VirtualClock();
    cluster = new MemoryCluster();
    store = new LedgerStore({ cluster: cluster.client(), clock, namespace: "atom-staging", service: "atom" });
  });

  function put(changes: Partial<Ledger>): void {
    const data = { "ledger.json": formatLedger(ledgerWith(changes)) };
    cluster.put(configMaps, { metadata: { namespace: "atom-staging", name: "atom-ledger" }, data });
  }

  function inPhase(phase: ReleaseState["phase"], step = 0): void {
    put({ current: underWay({ state: { ...initialState, phase, step } }) });
  }

  it("reaches the releaser in its order, each request once", async () => {
    inPhase("awaiting-approval", 1);
    const approval = new LedgerApproval(store, clock, "r1");
    const first = approval.next(0, signal);
    await clock.pass(3_000);
    await ask(store, { kind: "approve", by: "anna" }, clock, signal);
    await ask(store, { kind: "abort", by: "ben", reason: "no" }, clock, signal);
    const request = await clock.settle(first);
    assert.deepEqual({ ...request, at: "" }, { kind: "approve", seq: 1, by: "anna", step: 1, at: "" });
    assert.equal((await clock.settle(approval.next(1, signal))).kind, "abort");
  });

  it("survives a ledger that cannot be read for a while, and hears of no other release's", async () => {
    inPhase("held");
    const approval = new LedgerApproval(store, clock, "r2");
    const stop = new AbortController();
    const waiting = approval.next(0, stop.signal);
    await ask(store, { kind: "abort", by: "ben", reason: "no" }, clock, signal);
    cluster.put(configMaps, { metadata: { namespace: "atom-staging", name: "atom-ledger" }, data: {} });
    await clock.pass(5_000);
    stop.abort(new Error("enough"));
    await assert.rejects(clock.settle(waiting), { message: "enough" });
  });

  it("is refused when the release is in no phase for it", async () => {
    const cases: readonly (readonly [ReleaseState["phase"], Ask, RegExp])[] = [
      ["measuring", { kind: "approve", by: "anna" }, /^Release r1 is measuring, and not waiting for an approval\.$/],
      ["measuring", { kind: "resume", by: "anna" }, /and not held/],
      ["returning", { kind: "abort", by: "anna", reason: "" }, /and not in a phase that can be taken back/],
      ["finishing", { kind: "supersede", by: "anna", reason: "" }, /can be taken back/],
    ];
    for (const [phase, request, message] of cases) {
      inPhase(phase);
      await assert.rejects(ask(store, request, clock, signal), { name: "RequestRefusedError", message });
    }
    put({});
    await assert.rejects(ask(store, { kind: "resume", by: "anna" }, clock, signal), {
      message: "There is no release of atom under way.",
    });
  });

  it("means something for its own moment only", () => {
    const stamp = { seq: 1, at, by: "anna" };
    const state = (phase: ReleaseState["phase"], step = 0): ReleaseState => ({ ...initialState, phase, step });
    const approve = { kind: "approve", step: 1, ...stamp } as const;
    assert.equal(eventOf(approve, state("awaiting-approval", 1), 0)?.type, "approved");
    assert.equal(eventOf(approve, state("awaiting-approval", 3), 0), undefined);
    assert.equal(eventOf(approve, state("measuring", 1), 0), undefined);
    const resume = { kind: "resume", heldAt: 7, ...stamp } as const;
    assert.equal(eventOf(resume, state("held"), 7)?.type, "resumed");
    assert.equal(eventOf(resume, state("held"), 12), undefined);
    assert.deepEqual(eventOf({ kind: "abort", reason: "no", ...stamp }, state("held"), 0), {
      type: "failed",
      reason: "manual",
      detail: "aborted by anna: no",
    });
    assert.equal(
      eventOf({ kind: "supersede", reason: "no", ...stamp }, state("held"), 0)?.detail,
      "superseded by anna: no",
    );
  });

  it("lifts a quarantine and keeps who did it and why", async () => {
    put({ quarantine: [{ template: "bbbbbbbbbbbb", reason: "high_error_rate", at, release: "r1" }] });
    const lift = { template: "bbbbbbbbbbbb", by: "anna", why: "the database was at fault" };
    const { quarantine, lifted } = await liftQuarantine(store, lift, clock, signal);
    assert.deepEqual(quarantine, []);
    assert.deepEqual(
      lifted?.map(({ template, liftedBy, why }) => [template, liftedBy, why]),
      [["bbbbbbbbbbbb", "anna", "the database was at fault"]],
    );
    await assert.rejects(liftQuarantine(store, lift, clock, signal), {
      name: "NotQuarantinedError",
      message: "No template bbbbbbbbbbbb of atom is quarantined (there is: none).",
    });
  });
});
