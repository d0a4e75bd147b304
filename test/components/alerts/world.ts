import { prometheusRuleSpec } from "../../../components/alerts/envelope.ts";
import type { AlertScope } from "../../../components/alerts/alert.ts";
import { ruleGroups, type RuleSources } from "../../../components/alerts/rules.ts";
import { alertSettings, stackObjectives } from "../../../infra/alerts.ts";
import { parseStackConfig } from "../../../infra/config/parse.ts";
import { committed } from "../../infra/config/stacks.ts";

/** The stacks with their committed configuration: what is tested is what is deployed. */
export const stacks = ["staging", "production", "local"] as const;
export type StackName = (typeof stacks)[number];

/** What the alerts of a committed stack are made of. */
export async function alertsOfStack(stack: StackName): Promise<RuleSources> {
  const config = parseStackConfig(stack, await committed(stack));
  const settings = alertSettings(config);
  if (settings === undefined) throw new Error(`the stack ${stack} has no alerts`);
  return { scope: scopeOf(stack), objectives: stackObjectives(config), settings };
}

export function scopeOf(stack: string): AlertScope {
  return { namespace: `atom-${stack}`, environment: stack, service: "atom" };
}

/** The rules as Prometheus reads them: the `spec` of the PrometheusRule is the file that the operator writes. */
export function rulesFile(sources: RuleSources): ReturnType<typeof prometheusRuleSpec> {
  const { scope, settings } = sources;
  return prometheusRuleSpec(ruleGroups(sources), { scope, settings });
}
