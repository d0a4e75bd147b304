import type { ReleaseRecord } from "./story.ts";

/** What serves after a rollback, and where that was verified, on one line; undefined while that is not decided. */
export function servingAfterRollback(record: ReleaseRecord): string | undefined {
  const { version, slot, from, state, journal } = record;
  const before = `${from.version} (${from.slot})`;
  const released = `${version} (${slot})`;
  if (record.emergency === true && state.phase === "released") {
    const seen = journal.findLast(({ event }) => event === "confirmed" || event === "unconfirmed");
    return seen?.event === "confirmed" ? verified(released, seen.detail) : unverified(released, seen?.detail);
  }
  if (state.phase === "released" && state.activeStays === true)
    return (
      `${released} serves all traffic: the rollback came after the soak, when the release could no longer be rolled back. ` +
      `${before} keeps the pods that it has; all traffic goes back to it with: atom rollback --now`
    );
  const last = journal.findLast(({ event }) => event.startsWith("return"));
  switch (last?.event) {
    case "return-confirmed":
      return verified(before, last.detail);
    case "return-contradicted":
      return `Requests still reach ${released} although the route sends all traffic to ${before}: ${last.detail}`;
    case "returned":
      return unverified(before, "the rollback was interrupted");
    case "return-unconfirmed":
      return unverified(before, last.detail);
    case undefined:
    default:
      return undefined;
  }
}

function verified(serving: string, where: string): string {
  return `${serving} serves all traffic; verified: ${where}`;
}

function unverified(serving: string, why = "that is not on record any more"): string {
  return `The route sends all traffic to ${serving}; not verified: ${why}`;
}
