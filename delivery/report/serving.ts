import type { ReleaseRecord } from "./story.ts";

/** What serves after a rollback, and where that was verified, on one line; undefined while the release has not been rolled back. */
export function servingAfterRollback({ version, slot, from, journal }: ReleaseRecord): string | undefined {
  const last = journal.findLast(({ event }) => event.startsWith("return"));
  const serving = `${from.version} (${from.slot})`;
  switch (last?.event) {
    case "return-confirmed":
      return `${serving} serves all traffic; verified: ${last.detail}`;
    case "return-contradicted":
      return `Requests still reach ${version} (${slot}) although the route sends all traffic to ${serving}: ${last.detail}`;
    case "returned":
    case "return-unconfirmed":
      return `The route sends all traffic to ${serving}; not verified: ${last.event === "returned" ? "the rollback was interrupted" : last.detail}`;
    case undefined:
    default:
      return undefined;
  }
}
