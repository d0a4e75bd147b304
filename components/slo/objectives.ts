/** The thresholds of a stack's releases (R7), as its configuration says them. */
export interface Thresholds {
  /** Share of requests answered with 5xx, as a fraction. */
  readonly errorRate: { readonly max: number };
  /** 95 of 100 requests are faster; milliseconds. */
  readonly p95Latency: { readonly max: number };
}

/** Shares of good requests that the service promises, as fractions such as 0.999. */
export interface Targets {
  /** Requests that are not answered with 5xx. @default what the threshold of the error rate leaves */
  readonly availability?: number | undefined;
  /** Requests within the latency limit. @default 0.95, for the limit is one of the 95th percentile */
  readonly latency?: number | undefined;
}

/** What is promised of one sort of bad request. */
export interface Objective {
  /** Share of bad requests, as a fraction: more is a breach (R7, R10). */
  readonly limit: number;
  /** Share of bad requests that the promise leaves, as a fraction: what a burn rate is a multiple of. */
  readonly budget: number;
}

/** What a service promises in an environment: the one source of gate, alerts and dashboards. */
export interface Objectives {
  /** Requests answered with 5xx. */
  readonly failed: Objective;
  /** Requests that took longer than `above` seconds, an edge of the latency histogram. */
  readonly slow: Objective & { readonly above: number };
}

/** A latency limit is one of the 95th percentile (R7): it is kept while at most 5 of 100 requests take longer. */
export const latencyQuantile = 0.95;

/** The project's outcome targets, as fractions. */
export const outcomeTargets = {
  deploymentSuccess: 0.95,
  rollbacks: 0.05,
  smokePassed: 0.98,
  queriesSucceeded: 0.9,
  dashboardsUpdated: 1,
} as const;

/** The objectives that a stack's thresholds amount to. */
export function objectivesOf({ errorRate, p95Latency }: Thresholds, targets: Targets = {}): Objectives {
  const slow = rest(latencyQuantile);
  return {
    failed: {
      limit: errorRate.max,
      budget: targets.availability === undefined ? errorRate.max : rest(targets.availability),
    },
    slow: {
      above: p95Latency.max / 1000,
      limit: slow,
      budget: targets.latency === undefined ? slow : rest(targets.latency),
    },
  };
}

/** What a share leaves, without the noise of binary fractions: 1 − 0.95 is not quite 0.05. */
function rest(share: number): number {
  return Number((1 - share).toPrecision(12));
}
