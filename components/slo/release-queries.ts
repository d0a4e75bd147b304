// How releases go (R9): from totals that only grow, pushed as a whole, so that `increase` counts what happened in a time.
import { increase, quantileOf, shareOf, sumBy, type Range } from "./promql.ts";
import { equalTo, write, type Matcher, type Selector } from "./selector.ts";

/** Whose releases. Dashboards may put variables here, such as `$environment`. */
export interface ReleaseScope {
  readonly environment: string;
  readonly service: string;
  /** Whether both are patterns: a dashboard's variable with several values is one. @default false: these very values */
  readonly patterns?: boolean;
}

export interface ReleaseQuestion {
  readonly scope: ReleaseScope;
  readonly range: Range;
  /** Labels to tell apart, besides environment and service: `["reason"]`. @default none */
  readonly by?: readonly string[];
}

/** A counter of releases, and which of its series are bad. */
export interface OutcomeSource {
  readonly metric: string;
  readonly bad: Matcher;
}

/** Counters that have a share of bad ones. */
export const outcomes = {
  /** Bad are those that did not stay: failed before users saw them, or rolled back. */
  deployments: { metric: "deployment_total", bad: { label: "status", op: "!=", value: "success" } },
  /** Bad are those alone that were taken back from users. */
  rollbacks: { metric: "deployment_total", bad: { label: "status", op: "=", value: "rolled_back" } },
  smokeTests: { metric: "smoke_test_total", bad: { label: "result", op: "!=", value: "passed" } },
  /** Bad are timeouts too. */
  prometheusQueries: { metric: "prometheus_query_total", bad: { label: "result", op: "!=", value: "success" } },
  dashboards: { metric: "dashboard_update_total", bad: { label: "result", op: "!=", value: "updated" } },
} as const satisfies Readonly<Record<string, OutcomeSource>>;

/** The series of a deployment metric that are a service's in an environment. */
export function seriesOf(
  metric: string,
  { environment, service, patterns = false }: ReleaseScope,
  only: readonly Matcher[] = [],
): Selector {
  const whose = equalTo({ environment, service }).map((each) => (patterns ? { ...each, op: "=~" as const } : each));
  return { metric, matchers: [...whose, ...only] };
}

/**
 * How many there were; a whole number, for `increase` guesses what lies beyond the first and the last scrape.
 *
 * A Pushgateway that loses what it had and gets it back adds nothing: the totals are the same. Nor does a total that begins at 0 again.
 */
export function countOf(metric: string, question: ReleaseQuestion, only: readonly Matcher[] = []): string {
  return `round(${increaseOf(metric, question, only)})`;
}

/**
 * Share of bad ones, as a fraction: 0 without a single one, no series where there was none at all. Rounded to a hundredth of a percent,
 * so that one of ten is 0.1 and not a little more.
 */
export function badShare({ metric, bad }: OutcomeSource, question: ReleaseQuestion): string {
  return `round(${shareOf(increaseOf(metric, question, [bad]), increaseOf(metric, question))}, 0.0001)`;
}

/** Share of good ones, as a fraction. */
export function goodShare(source: OutcomeSource, question: ReleaseQuestion): string {
  return `1 - ${badShare(source, question)}`;
}

/** Share of the releases with users that had to be taken back from them, as a fraction: 0 without a single one. */
export function changeFailureShare(question: ReleaseQuestion): string {
  const reached: Matcher = { label: "status", op: "!=", value: "failed" };
  return shareOf(
    countOf("deployment_change_failures_total", question),
    countOf("deployment_total", question, [reached]),
  );
}

/** A quantile of a histogram of releases, in seconds: `deployment_duration_seconds`, `smoke_test_duration_seconds`, … */
export function durationAt(quantile: number, histogram: string, question: ReleaseQuestion): string {
  const labelled = { ...question, by: [...(question.by ?? []), "le"] };
  return quantileOf(quantile, increaseOf(`${histogram}_bucket`, labelled));
}

/** The mean of a histogram of releases, in seconds. No series where there was none. */
export function meanDuration(histogram: string, question: ReleaseQuestion): string {
  return `${increaseOf(`${histogram}_sum`, question)} / (${increaseOf(`${histogram}_count`, question)} > 0)`;
}

/** Releases per hour that ended, however they did: `deployment_frequency` (R9). A count, where `rate` would be one per second. */
export function deploymentFrequency(scope: ReleaseScope): string {
  return countOf("deployment_total", { scope, range: "1h" });
}

/** The candidate's share of the traffic, in percent, by release; there is a series while one is under way. */
export function canaryTraffic(scope: ReleaseScope): string {
  return write(seriesOf("canary_traffic_percentage", scope));
}

/** Seconds since the moment that a gauge tells; no series where it tells none (0). */
export function secondsSince(metric: string, scope: ReleaseScope): string {
  return `time() - (${write(seriesOf(metric, scope))} > 0)`;
}

/** 1 while a release is under way, else 0. */
export function underWay(scope: ReleaseScope): string {
  return `${write(seriesOf("deployment_in_progress_since_timestamp_seconds", scope))} > bool 0`;
}

/** Labels that every answer has. A sum without `environment` could not say whose it is. */
const releaseLabels = ["environment", "service"] as const;

function increaseOf(metric: string, { scope, range, by = [] }: ReleaseQuestion, only: readonly Matcher[] = []): string {
  return sumBy([...releaseLabels, ...by], increase(seriesOf(metric, scope, only), range));
}
