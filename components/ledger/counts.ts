import { z } from "zod";
import { open } from "./open.ts";

/** Upper edges of the histograms' buckets, in seconds. */
export const bucketEdges = {
  deployments: [60, 120, 300, 600, 1800, 3600],
  smokeTests: [10, 30, 60, 120, 300],
  queries: [0.1, 0.5, 1, 2, 5, 10],
  /** An hour, four hours, a day, a week, thirty days. */
  leads: [3_600, 14_400, 86_400, 604_800, 2_592_000],
  returns: [0.5, 1, 5, 10, 30, 60],
} as const satisfies Record<string, readonly number[]>;

export const count = z.int().min(0);

/** How many were in each bucket alone, the last one above every edge; and the seconds of all together. */
export function histogram(edges: readonly number[]) {
  return open({ counts: z.array(count).length(edges.length + 1), sum: z.number().min(0) });
}

export const queryResults = ["success", "failed", "timeout"] as const;

export const queryTotals = open({
  results: open({ success: count, failed: count, timeout: count } satisfies Record<
    (typeof queryResults)[number],
    unknown
  >),
  seconds: histogram(bucketEdges.queries),
});

export type Histogram = Readonly<z.output<ReturnType<typeof histogram>>>;
export type QueryTotals = Readonly<z.output<typeof queryTotals>>;

export function noQueries(): QueryTotals {
  return { results: { success: 0, failed: 0, timeout: 0 }, seconds: emptyHistogram(bucketEdges.queries) };
}

/** The histogram with one more observation, in seconds. An edge belongs to the bucket below it, as in Prometheus. */
export function observed({ counts, sum }: Histogram, edges: readonly number[], seconds: number): Histogram {
  const above = edges.findIndex((edge) => seconds <= edge);
  const bucket = above === -1 ? edges.length : above;
  return { counts: counts.map((each, index) => each + (index === bucket ? 1 : 0)), sum: sum + seconds };
}

/** Both histograms' observations. */
export function merged(left: Histogram, right: Histogram): Histogram {
  return {
    counts: left.counts.map((each, index) => each + (right.counts[index] ?? 0)),
    sum: left.sum + right.sum,
  };
}

export function emptyHistogram(edges: readonly number[]): Histogram {
  return { counts: Array.from({ length: edges.length + 1 }, () => 0), sum: 0 };
}
