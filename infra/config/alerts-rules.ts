import { deadMansSwitchUrl, severities, slackWebhooks } from "../../components/alerts/settings.ts";
import { objectivesOf } from "../../components/slo/objectives.ts";
import { rangeOf } from "../../components/slo/promql.ts";
import type { ConfigProblem } from "./error.ts";
import type { StackConfig } from "./schema.ts";

type AlertsConfig = NonNullable<StackConfig["alerts"]>;

/** Every secret that the section may ask for. */
export const alertSecrets: readonly string[] = [...slackWebhooks, deadMansSwitchUrl];

/** The secrets that the section asks for as it is written, be it right or wrong. */
export function alertSecretsNeededBy(section: unknown): readonly string[] {
  const notifications = valueAt(section, "notifications");
  const named = severities.map((severity) => valueAt(valueAt(notifications, "receivers"), severity));
  return [
    ...slackWebhooks.filter((webhook) => named.includes(webhook)),
    ...(valueAt(notifications, "deadMansSwitch") === undefined ? [] : [deadMansSwitchUrl]),
  ];
}

/** Alerts that could never fire, would fire while all is well, or would reach nobody. */
export function alertProblems(config: StackConfig): ConfigProblem[] {
  const { alerts } = config;
  if (alerts === undefined) return [];
  return [
    ...linkProblems(alerts, config),
    ...timeProblems(alerts, config),
    ...burnRateProblems(alerts, config),
    ...(config.environment === "production" ? productionProblems(alerts) : []),
  ].map((problem) => ({ ...problem, key: `alerts.${problem.key}` }));
}

function linkProblems({ dashboardUrl }: AlertsConfig, { grafana }: StackConfig): ConfigProblem[] {
  if (dashboardUrl !== undefined || grafana?.url !== undefined) return [];
  return [{ key: "dashboardUrl", value: undefined, allowed: "required where there is no grafana.url" }];
}

function timeProblems(
  { window, interval, rules }: AlertsConfig,
  { monitoring, release }: StackConfig,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  // A rate wants a few scrapes, for one of them may be missed.
  const shortest = 4 * monitoring.scrapeInterval;
  if (window < shortest)
    problems.push({
      key: "window",
      value: rangeOf(window),
      allowed: `allowed: at least four scrapes (monitoring.scrapeInterval), ${rangeOf(shortest)}`,
    });
  if (interval > window)
    problems.push({
      key: "interval",
      value: rangeOf(interval),
      allowed: `allowed: at most the window, ${rangeOf(window)}; requests in between would be seen by no rule`,
    });
  const longest = longestRelease(release);
  const { after } = rules.releaseStuck;
  if (after <= longest)
    problems.push({
      key: "rules.releaseStuck.after",
      value: rangeOf(after),
      allowed: `allowed: more than a release takes by its steps, soak and deadlines, ${rangeOf(longest)}`,
    });
  return problems;
}

/** What a release takes that waits for everything as long as it may, in milliseconds. */
function longestRelease({ steps, soak, deadlines }: StackConfig["release"]): number {
  const { ready, smoke, confirm, approval } = deadlines;
  const waits = steps.map((step) => ("weight" in step ? step.wait + confirm : approval));
  return ready + smoke + waits.reduce((sum, wait) => sum + wait, 0) + soak;
}

function burnRateProblems({ burnRates, objectives, window }: AlertsConfig, { release }: StackConfig): ConfigProblem[] {
  const { failed, slow } = objectivesOf(release.thresholds, objectives);
  const most = 1 / Math.max(failed.budget, slow.budget);
  return burnRates.flatMap(({ long, short, factor }, index) => {
    const key = `burnRates.${index}`;
    const problems: ConfigProblem[] = [];
    if (short < window)
      problems.push({
        key: `${key}.short`,
        value: rangeOf(short),
        allowed: `allowed: at least the window, ${rangeOf(window)}`,
      });
    if (long <= short)
      problems.push({
        key: `${key}.long`,
        value: rangeOf(long),
        allowed: `allowed: longer than the short one, ${rangeOf(short)}`,
      });
    if (burnRates.findIndex((other) => other.long === long) < index)
      problems.push({ key: `${key}.long`, value: rangeOf(long), allowed: "allowed: each long window once" });
    if (factor >= most)
      problems.push({
        key: `${key}.factor`,
        value: factor,
        allowed: `allowed: less than ${Number(most.toPrecision(6))}; with more, not even an outage would spend the error budget so fast`,
      });
    return problems;
  });
}

/** In production somebody has to come (R5, R10). */
function productionProblems({ rules, notifications }: AlertsConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (notifications.receivers.critical !== "slackWebhookCritical")
    problems.push({
      key: "notifications.receivers.critical",
      value: notifications.receivers.critical,
      allowed: "required in production: slackWebhookCritical",
    });
  for (const name of ["highErrorRate", "highLatency"] as const)
    if (rules[name].severity !== "critical")
      problems.push({
        key: `rules.${name}.severity`,
        value: rules[name].severity,
        allowed: "allowed in production: critical",
      });
  return problems;
}

function valueAt(object: unknown, key: string): unknown {
  return typeof object === "object" && object !== null ? (object as Readonly<Record<string, unknown>>)[key] : undefined;
}
