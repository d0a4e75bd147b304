import type { RuleSources } from "../../../components/alerts/rules.ts";
import type { StackName } from "./world.ts";

/** Series by what they are called, each with its values every 15 seconds in promtool's notation: `0+1x40`, `_x8`, `stale`. */
export type Series = Readonly<Record<string, string>>;

/** An alert that must fire: what it has beyond what every alert of the stack has. */
export interface Fired {
  readonly severity: string;
  readonly signal: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** After `atom in staging: `. */
  readonly summary: string;
  /** Before ` Environment: staging.` */
  readonly description: string;
  readonly heading?: string;
  readonly dashboard: string;
}

/** Whether an alert fires at a moment: the alerts of that name, or none. */
export interface Check {
  readonly at: string;
  readonly fires?: readonly Fired[];
}

/** What a query answers at a moment. */
export interface Answer {
  readonly query: string;
  readonly at: string;
  readonly samples: readonly { readonly labels: string; readonly value: number }[];
}

/** What must be true of one alert, in one course of events. */
export interface RuleTest {
  readonly title: string;
  readonly stack: StackName;
  readonly alert: string;
  readonly series: Series;
  /** Time between two values of a series. @default 15s */
  readonly interval?: string;
  /** What time it is at the beginning. @default 1970-01-01T00:00:00Z */
  readonly start?: string;
  readonly checks: readonly Check[];
  readonly answers?: readonly Answer[];
}

/** The test as a file of `promtool test rules`. */
export function promtoolTest({ scope, settings }: RuleSources, test: RuleTest, rules: string): unknown {
  const { namespace, environment, service } = scope;
  const link = settings.dashboardUrl;
  return {
    rule_files: [rules],
    evaluation_interval: "30s",
    fuzzy_compare: true,
    tests: [
      {
        name: test.title,
        interval: test.interval ?? "15s",
        ...(test.start === undefined ? {} : { start_timestamp: test.start }),
        input_series: Object.entries(test.series).map(([series, values]) => ({ series, values })),
        alert_rule_test: test.checks.map(({ at, fires = [] }) => ({
          eval_time: at,
          alertname: test.alert,
          exp_alerts: fires.map(({ severity, signal, labels, summary, description, heading, dashboard }) => ({
            exp_labels: { namespace, environment, service, severity, signal, ...labels },
            exp_annotations: {
              summary: `${service} in ${environment}: ${summary}`,
              description: `${description} Environment: ${environment}.`,
              runbook_url: `${settings.runbookUrl}#${(heading ?? test.alert).toLowerCase()}`,
              dashboard_url: `${link}/d/atom-${dashboard}?var-environment=${environment}&var-service=${service}`,
            },
          })),
        })),
        promql_expr_test: (test.answers ?? []).map(({ query, at, samples }) => ({
          expr: query,
          eval_time: at,
          exp_samples: samples,
        })),
      },
    ],
  };
}

/** A counter that stays, then jumps, then stays: what a total is that somebody pushes. */
export function steps(...parts: readonly (readonly [value: number | "_", times: number])[]): string {
  return parts.map(([value, times]) => (value === "_" ? `_x${times}` : `${value}x${times - 1}`)).join(" ");
}

/** A series of the group that releases push to. */
export function pushed(metric: string, labels: Readonly<Record<string, string>>, stack: StackName = "staging"): string {
  return series(metric, { job: "atom", environment: stack, service: "atom", ...labels });
}

/** A series of a pod of the service. */
export function scraped(
  metric: string,
  labels: Readonly<Record<string, string>>,
  stack: StackName = "staging",
): string {
  const pod = { slot: "blue", pod: "atom-blue-1", method: "GET", route: "/api/skills" };
  return series(metric, { namespace: `atom-${stack}`, job: "atom", ...pod, ...labels });
}

function series(metric: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return `${metric}{${pairs.join(",")}}`;
}
