import { initialLedger, type Ledger } from "../../../components/ledger/ledger.ts";
import type { PastRelease, ReleaseUnderWay } from "../../../components/ledger/release-record.ts";
import { labelKeys } from "../../../components/names/labels.ts";
import { allTo, type LiveRelease, type LiveSlot } from "../../../components/slots/live-release.ts";

/** A slot that runs a template of its own making. */
export function liveSlot(digest: string, replicas = 2): LiveSlot {
  const image = `registry.example.com/atom:${digest}`;
  return {
    digest,
    replicas,
    settled: true,
    marks: {},
    template: {
      metadata: { labels: { [labelKeys.template]: digest } },
      spec: { containers: [{ name: "atom", image }] },
    },
  };
}

/** A service whose first version, with the digest `old`, serves from blue; green is empty. */
export function liveRelease(
  overrides: Partial<Omit<LiveRelease, "ledger">> & { ledger?: Partial<Ledger> } = {},
): LiveRelease {
  const ledger = { ...initialLedger("atom"), ...overrides.ledger };
  return {
    weights: allTo(ledger.active),
    slots: { blue: liveSlot("old"), green: liveSlot("old", 0) },
    ...overrides,
    ledger,
  };
}

const record = {
  slot: "green" as const,
  template: "new",
  version: "2.0.0",
  image: "registry.example.com/atom:2.0.0",
  startedAt: "2026-01-02T03:04:05Z",
  startedBy: "somebody",
  mode: "canary" as const,
  from: { slot: "blue" as const, template: "old", version: "1.0.0", image: "registry.example.com/atom:1.0.0" },
  state: { phase: "measuring" as const, step: 0, percent: 10, judged: 0, warned: [] },
  journal: [],
};

export const releaseUnderWay: ReleaseUnderWay = { ...record, id: "r-7", plan: {}, podTemplate: {}, requests: [] };

export const pastRelease: PastRelease = {
  ...record,
  id: "r-6",
  endedAt: "2026-01-02T03:14:05Z",
  outcome: "rolled-back",
};

export const quarantined = (template: string) => ({
  template,
  reason: "high_error_rate",
  at: "2026-01-02T03:04:05Z",
  release: "r-6",
});
