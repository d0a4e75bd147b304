import type { AlertSettings } from "../components/alerts/settings.ts";
import { objectivesOf, type Objectives } from "../components/slo/objectives.ts";
import type { EnvironmentArgs } from "../stacks/environment.ts";
import { alertSecretsNeededBy } from "./config/alerts-rules.ts";
import type { StackConfig } from "./config/schema.ts";
import type { EnvironmentSource } from "./environment-args.ts";

/** What is promised in a stack: the thresholds of its releases, and what the section for alerts says beyond them. */
export function stackObjectives({ release, alerts }: Pick<StackConfig, "release" | "alerts">): Objectives {
  return objectivesOf(release.thresholds, alerts?.objectives);
}

/** The section for alerts with its links filled in; nothing where there is none. */
export function alertSettings({ alerts, grafana }: Pick<StackConfig, "alerts" | "grafana">): AlertSettings | undefined {
  if (alerts === undefined) return undefined;
  const dashboardUrl = alerts.dashboardUrl ?? grafana?.url;
  if (dashboardUrl === undefined)
    throw new Error("the configuration was accepted without an address for the dashboards");
  return { ...alerts, dashboardUrl, dashboardSuffix: grafana?.suffix };
}

/** The alerts of every service of a stack. */
export function alertsOfStack({
  config,
  secrets,
}: Pick<EnvironmentSource, "config" | "secrets">): EnvironmentArgs["alerts"] {
  const settings = alertSettings(config);
  if (settings === undefined) return undefined;
  const needed = alertSecretsNeededBy(config.alerts);
  return {
    settings,
    objectives: stackObjectives(config),
    webhooks: Object.fromEntries(Object.entries(secrets).filter(([key]) => needed.includes(key))),
  };
}
