import type { Ledger, QuarantineEntry } from "../../components/ledger/ledger.ts";
import type { PastRelease } from "../../components/ledger/release-record.ts";

const mostWithdrawn = 50;

/**
 * The ledger with what users withdrew by a release that has ended: its own template, where they rolled it back while it was under way; the
 * one that served before, where they rolled that back by releasing a kept version. What is released is withdrawn no longer.
 */
export function withWithdrawals(ledger: Ledger, release: PastRelease): Ledger {
  const withdrawal = withdrawalOf(release);
  const released = release.outcome === "released" ? release.template : undefined;
  const before = ledger.withdrawn ?? [];
  const others = before.filter(({ template }) => template !== withdrawal?.template && template !== released);
  if (withdrawal === undefined && others.length === before.length) return ledger;
  const withdrawn = [...(withdrawal === undefined ? [] : [withdrawal]), ...others];
  return { ...ledger, withdrawn: withdrawn.slice(0, mostWithdrawn) };
}

function withdrawalOf(release: PastRelease): QuarantineEntry | undefined {
  const { id, state, outcome, endedAt: at, template, from, startedBy, rollback } = release;
  if (state.withdraws === true) return { template, reason: state.cause?.detail ?? "rolled back", at, release: id };
  if (rollback === undefined || outcome !== "released" || from.template === template) return undefined;
  return { template: from.template, reason: `rolled back by ${startedBy}: ${rollback}`, at, release: id };
}
