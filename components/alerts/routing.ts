import type { IAlertmanagerConfig } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1alpha1/AlertmanagerConfig";
import { rangeOf } from "../slo/promql.ts";
import type { Alert, AlertScope, Origin } from "./alert.ts";
import { deadMansSwitchUrl, severities, type NotificationSettings, type SlackWebhook } from "./settings.ts";
import { slackMessage } from "./slack-message.ts";
import { deadMansSwitch } from "./watch-alerts.ts";

type Spec = IAlertmanagerConfig["spec"];
type Route = NonNullable<Spec["route"]>;
type Receiver = NonNullable<Spec["receivers"]>[number];
type InhibitRule = NonNullable<Spec["inhibitRules"]>[number];
type Matcher = NonNullable<Route["matchers"]>[number];

export interface RoutingSources {
  readonly scope: AlertScope;
  readonly alerts: readonly Alert[];
  readonly notifications: NotificationSettings;
  /** Name of the Secret that has the webhooks' addresses. */
  readonly secret: string;
}

/** A receiver that tells nobody: alerts without another are seen in Alertmanager alone. */
const nobody = "nobody";
const outside = "dead-mans-switch";

/**
 * Who is told of what. The operator adds a matcher of the namespace to the route and to every inhibition, and `equal` asks for the same
 * environment once more: alerts of one environment never silence those of another.
 */
export function alertmanagerConfigSpec({ scope, alerts, notifications, secret }: RoutingSources): Spec {
  const { environment, service } = scope;
  const { receivers, wait, interval, repeat } = notifications;
  const told = severities.flatMap((severity) => {
    const webhook = receivers[severity];
    return webhook === undefined ? [] : [{ severity, webhook }];
  });
  const webhooks = [...new Set(told.map(({ webhook }) => webhook))];
  const routes: Route[] = [
    ...(notifications.deadMansSwitch === undefined ? [] : [heartbeat(notifications.deadMansSwitch)]),
    ...told.map(({ severity, webhook }) => ({
      receiver: webhook,
      matchers: [is("environment", environment), is("severity", severity)],
    })),
  ];
  return {
    route: {
      receiver: nobody,
      matchers: [is("environment", environment), is("service", service)],
      groupBy: ["namespace", "environment", "service", "alertname"],
      groupWait: rangeOf(wait),
      groupInterval: rangeOf(interval),
      repeatInterval: rangeOf(repeat),
      routes: [...routes],
    },
    receivers: [
      { name: nobody },
      ...webhooks.map((webhook) => slackReceiver(webhook, secret)),
      ...(notifications.deadMansSwitch === undefined ? [] : [outsideReceiver(secret)]),
    ],
    inhibitRules: [criticalOverWarning, ...absenceOverAllElse(alerts)],
  };
}

function heartbeat({ every }: NonNullable<NotificationSettings["deadMansSwitch"]>): Route {
  return {
    receiver: outside,
    matchers: [is("alertname", deadMansSwitch.name)],
    groupWait: "0s",
    groupInterval: rangeOf(every),
    repeatInterval: rangeOf(every),
  };
}

function slackReceiver(webhook: SlackWebhook, secret: string): Receiver {
  return {
    name: webhook,
    slackConfigs: [
      {
        apiURL: { name: secret, key: webhook },
        sendResolved: true,
        ...slackMessage(webhook === "slackWebhookCritical"),
      },
    ],
  };
}

function outsideReceiver(secret: string): Receiver {
  return {
    name: outside,
    // Nothing to resolve: silence is the alarm.
    webhookConfigs: [{ urlSecret: { name: secret, key: deadMansSwitchUrl }, sendResolved: false }],
  };
}

/** What two alerts must share for one to silence the other. */
const sameService = ["namespace", "environment", "service"] as const;

const criticalOverWarning: InhibitRule = {
  sourceMatch: [is("severity", "critical")],
  targetMatch: [{ name: "severity", value: "warning|info", matchType: "=~" }],
  equal: [...sameService, "signal"],
};

/** Where metrics are missing, nothing else that is said of them can be right. */
function absenceOverAllElse(alerts: readonly Alert[]): InhibitRule[] {
  return alerts.flatMap(({ name, absenceOf }) => {
    if (absenceOf === undefined) return [];
    const targets = namesOf(alerts, absenceOf);
    const rule: InhibitRule = {
      sourceMatch: [is("alertname", name)],
      targetMatch: [{ name: "alertname", value: targets.join("|"), matchType: "=~" }],
      equal: [...sameService],
    };
    return [rule];
  });
}

function namesOf(alerts: readonly Alert[], origin: Origin): string[] {
  return [...new Set(alerts.filter((alert) => alert.origin === origin).map(({ name }) => name))];
}

function is(name: string, value: string): Matcher {
  return { name, value, matchType: "=" };
}
