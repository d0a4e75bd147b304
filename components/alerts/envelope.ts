import type { IPrometheusRule } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule";
import { dashboardUid, dashboardUrl } from "../dashboards/identity.ts";
import { rangeOf } from "../slo/promql.ts";
import { isAlert, type Alert, type AlertScope, type Recording, type RuleGroup } from "./alert.ts";
import type { AlertSettings } from "./settings.ts";

type Spec = IPrometheusRule["spec"];
type Rule = NonNullable<NonNullable<Spec["groups"]>[number]["rules"]>[number];

export interface EnvelopeArgs {
  readonly scope: AlertScope;
  readonly settings: Pick<AlertSettings, "interval" | "runbookUrl" | "dashboardUrl" | "dashboardSuffix">;
}

/**
 * Rules as the Prometheus operator takes them: each with the labels by which alerts are routed and silenced, each alert with its links.
 *
 * The labels are static. Alertmanager's routes ask for `namespace`, and an alert whose query loses it would reach nobody. The texts
 * name the environment themselves, for `$labels` has only what a query left.
 */
export function prometheusRuleSpec(groups: readonly RuleGroup[], args: EnvelopeArgs): Spec {
  return {
    groups: groups.map(({ name, rules }) => ({
      name,
      interval: rangeOf(args.settings.interval),
      rules: rules.map((rule) => (isAlert(rule) ? alertRule(rule, args) : recordingRule(rule, args))),
    })),
  };
}

function recordingRule({ record, expr }: Recording, { scope }: EnvelopeArgs): Rule {
  return { record, expr, labels: scopeLabels(scope) };
}

function alertRule(alert: Alert, { scope, settings }: EnvelopeArgs): Rule {
  const { environment, service } = scope;
  const { name, heading = name, expr, severity, signal, labels, summary, description, dashboard } = alert;
  const uid = dashboardUid(dashboard, settings.dashboardSuffix);
  return {
    alert: name,
    expr,
    // At once is what Prometheus does without it.
    ...(alert.for === 0 ? {} : { for: rangeOf(alert.for) }),
    labels: { ...scopeLabels(scope), severity, signal, ...labels },
    annotations: {
      summary: `${service} in ${environment}: ${summary}`,
      description: `${description} Environment: ${environment}.`,
      runbook_url: `${settings.runbookUrl}#${anchorOf(heading)}`,
      dashboard_url: dashboardUrl(settings.dashboardUrl, uid, { environment, service }),
    },
  };
}

/** Static labels of every rule. */
function scopeLabels({ namespace, environment, service }: AlertScope): Record<string, string> {
  return { namespace, environment, service };
}

/** The anchor that a Markdown page gives a heading. */
export function anchorOf(heading: string): string {
  return heading.toLowerCase();
}
