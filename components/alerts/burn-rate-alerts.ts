// Multiwindow, multi-burn-rate alerts: https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts
import type { Objectives } from "../slo/objectives.ts";
import { rangeOf } from "../slo/promql.ts";
import type { Alert } from "./alert.ts";
import type { BadRequests, Recordings } from "./recordings.ts";
import type { BurnRate } from "./settings.ts";
import { percent, times, value } from "./words.ts";

export interface BurnRateSources {
  readonly objectives: Objectives;
  readonly burnRates: readonly BurnRate[];
  readonly recordings: Recordings;
}

/** What is said of each sort of bad request. */
const kinds = {
  failed: { name: "AvailabilityBurnRate", signal: "availability", dashboard: "error-rate", were: "fail" },
  slow: { name: "LatencyBurnRate", signal: "latency", dashboard: "api-performance", were: "are too slow" },
} as const satisfies Record<BadRequests, Pick<Alert, "name" | "signal" | "dashboard"> & { readonly were: string }>;

/** An alert for each burn rate, of failed requests and of slow ones. */
export function burnRateAlerts({ objectives, burnRates, recordings }: BurnRateSources): readonly Alert[] {
  return (["failed", "slow"] as const).flatMap((bad) =>
    burnRates.map(({ long, short, factor, for: duration, severity }): Alert => {
      const { name, signal, dashboard, were } = kinds[bad];
      const { budget } = objectives[bad];
      const limit = times(factor, budget);
      return {
        name,
        signal,
        origin: "service",
        labels: { window: rangeOf(long) },
        expr: `${recordings.share(bad, long)} > ${limit} and ${recordings.share(bad, short)} > ${limit}`,
        for: duration,
        severity,
        summary: `the error budget goes ${factor} times faster than it may: ${value.share} of the requests ${were}`,
        description: `Over the last ${rangeOf(long)} and the last ${rangeOf(short)}, more than ${percent(limit)} of the requests ${were}, where ${percent(budget)} may.`,
        dashboard,
      };
    }),
  );
}
