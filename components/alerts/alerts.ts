import type { IPrometheusRule } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule";
import type { IAlertmanagerConfig } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1alpha1/AlertmanagerConfig";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { serviceSelectorLabels } from "../names/labels.ts";
import { alertsName } from "../names/names.ts";
import { secretData } from "../secret/secret-data.ts";
import type { Objectives } from "../slo/objectives.ts";
import { prometheusRuleSpec } from "./envelope.ts";
import { alertmanagerConfigSpec } from "./routing.ts";
import { alertsOf, ruleGroups } from "./rules.ts";
import type { AlertSettings } from "./settings.ts";

export interface AlertsArgs {
  /** Name of the namespace: every rule asks for it. */
  readonly namespace: string;
  /** The same once it is there: what the objects are declared in. */
  readonly declaredNamespace: pulumi.Input<string>;
  /** Name of the stack: what alerts call the environment. */
  readonly environment: string;
  readonly service: string;
  readonly objectives: Objectives;
  readonly settings: AlertSettings;
  /** Addresses of webhooks, by the key of the configuration that has them. Those that the settings name must be here. */
  readonly webhooks: Readonly<Record<string, pulumi.Input<string>>>;
  /** Labels by which the Prometheus operator finds its objects; without them nobody reads the rules. */
  readonly selectorLabels: Readonly<Record<string, string>>;
}

/** What is watched of a service in an environment, and who is told. */
export class Alerts extends pulumi.ComponentResource {
  constructor(name: string, args: AlertsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:alerts:Alerts", name, {}, opts);
    const { namespace, environment, service, objectives, settings } = args;
    const scope = { namespace, environment, service };
    const groups = ruleGroups({ scope, objectives, settings });

    const secret = this.webhooks(name, args);
    this.rules(name, args, prometheusRuleSpec(groups, { scope, settings }));
    const { notifications } = settings;
    const routing = { scope, alerts: alertsOf(groups), notifications, secret: alertsName(service) };
    this.routes(name, args, alertmanagerConfigSpec(routing), secret);
    this.registerOutputs();
  }

  /** Where those are who are told. Without anybody there is no Secret. */
  private webhooks(name: string, args: AlertsArgs): pulumi.Resource[] {
    if (Object.keys(args.webhooks).length === 0) return [];
    const secret = new k8s.core.v1.Secret(
      `${name}-webhooks`,
      { metadata: metadataOf(args), data: secretData(args.webhooks) },
      { parent: this },
    );
    return [secret];
  }

  private rules(name: string, args: AlertsArgs, spec: IPrometheusRule["spec"]): void {
    new k8s.apiextensions.CustomResource(
      `${name}-rules`,
      { apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule", metadata: selectedMetadata(args), spec },
      { parent: this },
    );
  }

  /** After the Secret: the operator leaves out routes to addresses that it cannot read. */
  private routes(
    name: string,
    args: AlertsArgs,
    spec: IAlertmanagerConfig["spec"],
    dependsOn: pulumi.Resource[],
  ): void {
    new k8s.apiextensions.CustomResource(
      `${name}-routes`,
      {
        apiVersion: "monitoring.coreos.com/v1alpha1",
        kind: "AlertmanagerConfig",
        metadata: selectedMetadata(args),
        spec,
      },
      { parent: this, dependsOn },
    );
  }
}

function metadataOf({ declaredNamespace: namespace, service }: AlertsArgs): k8s.types.input.meta.v1.ObjectMeta {
  return { name: alertsName(service), namespace, labels: serviceSelectorLabels(service) };
}

/** With the labels by which the operator finds the object. */
function selectedMetadata(args: AlertsArgs): k8s.types.input.meta.v1.ObjectMeta {
  return { ...metadataOf(args), labels: { ...serviceSelectorLabels(args.service), ...args.selectorLabels } };
}
