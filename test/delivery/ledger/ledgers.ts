import { initialLedger, type Ledger } from "../../../components/ledger/ledger.ts";
import type { PastRelease, ReleaseUnderWay } from "../../../components/ledger/release-record.ts";
import { initialState } from "../../../delivery/release/state-machine.ts";

export const at = "2026-01-01T00:00:00.000Z";

export function underWay(changes: Partial<ReleaseUnderWay> = {}): ReleaseUnderWay {
  const staged = { template: "bbbbbbbbbbbb", version: "v2", image: "registry.test/atom:v2" };
  return {
    id: "r1",
    slot: "green",
    ...staged,
    startedAt: at,
    startedBy: "anna",
    mode: "canary",
    from: { slot: "blue", template: "aaaaaaaaaaaa", version: "v1", image: "registry.test/atom:v1" },
    state: { ...initialState, phase: "waiting-ready" },
    journal: [{ seq: 1, at, phase: "waiting-ready", step: 0, percent: 0, event: "prepared", detail: "" }],
    plan: {},
    podTemplate: { kept: true },
    requests: [],
    ...changes,
  };
}

export function past(id: string, changes: Partial<PastRelease> = {}): PastRelease {
  return { ...underWay(), id, endedAt: at, outcome: "released", ...changes };
}

export function ledgerWith(changes: Partial<Ledger> = {}): Ledger {
  return { ...initialLedger("atom"), fence: 3, sequence: 1, ...changes };
}
