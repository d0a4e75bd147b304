import { z } from "zod";
import { bucketEdges, count, emptyHistogram, histogram, noQueries, queryTotals } from "./counts.ts";
import { reasons } from "./release-record.ts";

/** How a release ended: `failed` never had users, `rolled_back` was taken back from them. */
export const releaseStatuses = ["success", "failed", "rolled_back"] as const;
export const smokeResults = ["passed", "failed"] as const;

/** What ever happened to a service's releases, in numbers that only grow: they outlive the records, which are forgotten. */
export const totals = z.strictObject({
  releases: z.strictObject({ success: count, failed: count, rolled_back: count }),
  seconds: histogram(bucketEdges.deployments),
  rollbacks: z.partialRecord(z.enum(reasons), count).describe("releases that were taken back, by reason"),
  smokeTests: z.strictObject({ passed: count, failed: count }),
  smokeSeconds: histogram(bucketEdges.smokeTests),
  queries: queryTotals,
});

export type Totals = Readonly<z.output<typeof totals>>;

export function noTotals(): Totals {
  return {
    releases: { success: 0, failed: 0, rolled_back: 0 },
    seconds: emptyHistogram(bucketEdges.deployments),
    rollbacks: {},
    smokeTests: { passed: 0, failed: 0 },
    smokeSeconds: emptyHistogram(bucketEdges.smokeTests),
    queries: noQueries(),
  };
}
