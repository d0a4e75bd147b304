import { z } from "zod";
import { bucketEdges, count, emptyHistogram, histogram, noQueries, queryTotals, type Histogram } from "./counts.ts";
import { open } from "./open.ts";

/** How a release ended: `failed` never had users, `rolled_back` was taken back from them. */
export const releaseStatuses = ["success", "failed", "rolled_back"] as const;
export const smokeResults = ["passed", "failed"] as const;

/** What became of the dashboards that a release's `pulumi up` was to bring. */
export const dashboardResults = ["updated", "failed", "skipped"] as const;

/** What ever happened to a service's releases, in numbers that only grow: they outlive the records, which are forgotten. */
export const totals = open({
  releases: open({ success: count, failed: count, rolled_back: count } satisfies Record<
    (typeof releaseStatuses)[number],
    unknown
  >),
  seconds: histogram(bucketEdges.deployments),
  rollbacks: z
    .record(z.string(), count)
    .describe("releases that were taken back, by reason; a newer version may have more of them"),
  smokeTests: open({ passed: count, failed: count } satisfies Record<(typeof smokeResults)[number], unknown>),
  smokeSeconds: histogram(bucketEdges.smokeTests),
  queries: queryTotals,
  changeFailures: count.default(0).describe("taken back from users for the version's own fault, or by a person"),
  aborted: count.default(0).describe("ended by a person"),
  superseded: count.default(0).describe("taken back for another release"),
  dashboards: open({ updated: count, failed: count, skipped: count } satisfies Record<
    (typeof dashboardResults)[number],
    unknown
  >)
    .default(() => noDashboards())
    .describe("releases by what became of the dashboards, where the environment has any"),
  leadSeconds: histogram(bucketEdges.leads)
    .default(() => noLeads())
    .describe("from a commit to the end of the release that brought it to all users"),
  returnSeconds: histogram(bucketEdges.returns)
    .default(() => noReturns())
    .describe("from the verdict that took a release back from users until the traffic was seen back"),
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
    ...{ changeFailures: 0, aborted: 0, superseded: 0 },
    dashboards: noDashboards(),
    leadSeconds: noLeads(),
    returnSeconds: noReturns(),
  };
}

function noDashboards(): Record<(typeof dashboardResults)[number], number> {
  return { updated: 0, failed: 0, skipped: 0 };
}

function noLeads(): Histogram {
  return emptyHistogram(bucketEdges.leads);
}

function noReturns(): Histogram {
  return emptyHistogram(bucketEdges.returns);
}
