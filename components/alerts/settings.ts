import type { Targets } from "../slo/objectives.ts";

/** How bad it is: who is told, and how. */
export const severities = ["critical", "warning", "info"] as const;
export type Severity = (typeof severities)[number];

/** When an alert fires: after this long, as bad as this. */
export interface Firing {
  /** How long its condition must hold, in milliseconds. */
  readonly for: number;
  readonly severity: Severity;
}

/** An alert about a limit. */
export interface LimitFiring extends Firing {
  /** What is still good. */
  readonly max: number;
}

/** An alert about an age, in milliseconds. */
export interface AgeFiring {
  readonly after: number;
  readonly severity: Severity;
}

/** A burn rate that is looked for in two windows: the long one says that it matters, the short one that it goes on. Milliseconds. */
export interface BurnRate extends Firing {
  readonly long: number;
  readonly short: number;
  /** How many times faster than allowed the error budget is spent. */
  readonly factor: number;
}

/** The rules' limits; shares are fractions. */
export interface RuleSettings {
  /** Share of releases that failed. */
  readonly deploymentHighErrorRate: LimitFiring;
  readonly deploymentRollbackDetected: Firing;
  /** Share of smoke tests that failed. */
  readonly smokeTestFailing: LimitFiring;
  /** Its limit is the threshold of the stack's releases (R7). */
  readonly highErrorRate: Firing;
  /** Its limit is the threshold of the stack's releases (R7). */
  readonly highLatency: Firing;
  /** Releases an hour. */
  readonly deploymentFrequencyAnomaly: LimitFiring;
  /** Share of requests to Prometheus that failed. */
  readonly prometheusQueryFailing: LimitFiring;
  readonly serviceMetricsAbsent: Firing;
  readonly deploymentMetricsAbsent: Firing;
  readonly deploymentMetricsStale: AgeFiring;
  readonly releaseStuck: AgeFiring;
}

/** Keys of the configuration whose values are the addresses of Slack's incoming webhooks. */
export const slackWebhooks = ["slackWebhookUrl", "slackWebhookCritical"] as const;
export type SlackWebhook = (typeof slackWebhooks)[number];

/** Key of the configuration whose value is the address that the dead man's switch reports to. */
export const deadMansSwitchUrl = "deadMansSwitchUrl";

/** Who is told of alerts, and how often. Times are milliseconds. */
export interface NotificationSettings {
  /** Which webhook is told of alerts of a severity. @default nobody is told */
  readonly receivers: Readonly<Partial<Record<Severity, SlackWebhook | undefined>>>;
  /** Somebody outside is told every so often that alerts work. @default nobody is told */
  readonly deadMansSwitch?: { readonly every: number } | undefined;
  /** How long the first message waits for more alerts of its group. */
  readonly wait: number;
  /** Least time between two messages about a group. */
  readonly interval: number;
  /** How often a message is repeated while nothing changes. */
  readonly repeat: number;
}

/** What an environment decides about its alerts. */
export interface AlertSettings {
  /** Page that has a heading for every alert. */
  readonly runbookUrl: string;
  /** Where Grafana is. */
  readonly dashboardUrl: string;
  /** Tells the dashboards of stacks apart that share a Grafana. @default none */
  readonly dashboardSuffix?: string | undefined;
  /** How often the rules are evaluated, in milliseconds. */
  readonly interval: number;
  /** The time that shares and counts are taken over, in milliseconds. */
  readonly window: number;
  /** What is promised beyond the thresholds of the stack's releases. */
  readonly objectives: Targets;
  readonly rules: RuleSettings;
  readonly burnRates: readonly BurnRate[];
  readonly notifications: NotificationSettings;
}
