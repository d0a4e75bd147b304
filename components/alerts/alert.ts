import type { DashboardName } from "../dashboards/identity.ts";
import type { ReleaseScope } from "../slo/release-queries.ts";
import type { ServiceScope } from "../slo/service-queries.ts";
import type { Severity } from "./settings.ts";

/** Whose alerts they are. */
export interface AlertScope extends ServiceScope, Pick<ReleaseScope, "environment"> {}

/** Where an alert's metrics come from: the service's pods, or the Pushgateway that releases report to. */
export type Origin = "service" | "releases";

/** What an alert is about. Of the same signal, a critical alert says all that a warning says. */
export type Signal =
  | "availability"
  | "latency"
  | "deployments"
  | "deployment-frequency"
  | "smoke-tests"
  | "prometheus-queries"
  | "release-progress"
  | "service-metrics"
  | "deployment-metrics"
  | "dead-mans-switch";

/** An alert as data: what it is about and what it says. Labels, links and the environment's name are put around it mechanically. */
export interface Alert {
  readonly name: string;
  /** Heading of the runbook, where the name depends on the environment. @default the name */
  readonly heading?: string;
  /** PromQL; a series for each thing that is wrong. */
  readonly expr: string;
  /** How long that must hold, in milliseconds. */
  readonly for: number;
  /** `none` for what is no trouble: the dead man's switch. */
  readonly severity: Severity | "none";
  readonly signal: Signal;
  /** @default it says something of nobody's metrics */
  readonly origin?: Origin;
  /** It says that these metrics are missing, so that nothing else that is said of them can be right. */
  readonly absenceOf?: Origin;
  /** Labels beyond those that every alert has. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What is wrong, in a sentence without its subject. A template of Prometheus. */
  readonly summary: string;
  /** What that means, in whole sentences. A template of Prometheus. */
  readonly description: string;
  readonly dashboard: DashboardName;
}

/** A query that is recorded because it is asked more than once. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
}

/** Rules that are evaluated together and in order: what is recorded comes before the alerts that read it. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (Alert | Recording)[];
}

export function isAlert(rule: Alert | Recording): rule is Alert {
  return "name" in rule;
}
