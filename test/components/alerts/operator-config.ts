// What the Prometheus operator makes of AlertmanagerConfigs, after its documentation and its pkg/alertmanager/amcfg.go (v0.93): names of
// receivers get `namespace/name/` before them, and routes and inhibitions a matcher of the namespace. The cluster's tests compare this
// with what a real operator writes.
import type { IAlertmanagerConfig } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1alpha1/AlertmanagerConfig";

type Spec = IAlertmanagerConfig["spec"];
type Route = NonNullable<Spec["route"]>;
type Receiver = NonNullable<Spec["receivers"]>[number];
type Matcher = NonNullable<Route["matchers"]>[number];

/** An AlertmanagerConfig as it is declared. */
export interface DeclaredConfig {
  readonly namespace: string;
  readonly name: string;
  readonly spec: Spec;
}

/** A route of Alertmanager's own configuration. */
export interface AlertmanagerRoute {
  readonly receiver: string;
  readonly matchers: readonly string[];
  readonly routes: readonly AlertmanagerRoute[];
}

export interface AlertmanagerInhibition {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

/** Alertmanager's own configuration, as far as AlertmanagerConfigs decide it. */
export interface AlertmanagerFile {
  readonly route: { readonly receiver: string; readonly routes: readonly AlertmanagerRoute[] };
  readonly receivers: readonly unknown[];
  readonly inhibit_rules: readonly AlertmanagerInhibition[];
}

/** @param secrets the address in each key of the Secrets that receivers name */
export function operatorConfig(
  declared: readonly DeclaredConfig[],
  secrets: Readonly<Record<string, string>>,
): AlertmanagerFile {
  return {
    route: { receiver: "null", routes: declared.map(topRoute) },
    receivers: [
      { name: "null" },
      ...declared.flatMap((config) =>
        (config.spec.receivers ?? []).map((receiver) => receiverOf(receiver, config, secrets)),
      ),
    ],
    inhibit_rules: declared.flatMap(({ namespace, spec }) =>
      (spec.inhibitRules ?? []).map(({ sourceMatch = [], targetMatch = [], equal = [] }) => ({
        source_matchers: [...sourceMatch.map(written), inNamespace(namespace)],
        target_matchers: [...targetMatch.map(written), inNamespace(namespace)],
        equal,
      })),
    ),
  };
}

/** The first route of a namespace lets alerts go on to the others'. */
function topRoute(config: DeclaredConfig): AlertmanagerRoute {
  const { route } = config.spec;
  if (route === undefined) throw new Error(`${config.namespace}/${config.name} has no route`);
  const converted = routeOf(route, config);
  return Object.assign(converted, {
    matchers: [...converted.matchers, inNamespace(config.namespace)],
    continue: true,
  });
}

function routeOf(route: Route, config: DeclaredConfig): AlertmanagerRoute {
  const { receiver = "", matchers = [], routes = [], groupBy, groupWait, groupInterval, repeatInterval } = route;
  return {
    receiver: qualified(receiver, config),
    matchers: matchers.map(written),
    ...present({
      group_by: groupBy,
      group_wait: groupWait,
      group_interval: groupInterval,
      repeat_interval: repeatInterval,
    }),
    // The CRD has any JSON here, because a schema cannot recur.
    routes: (routes as readonly Route[]).map((each) => routeOf(each, config)),
  };
}

function receiverOf(receiver: Receiver, config: DeclaredConfig, secrets: Readonly<Record<string, string>>): unknown {
  const { name, slackConfigs = [], webhookConfigs = [] } = receiver;
  return {
    name: qualified(name, config),
    ...present({
      slack_configs:
        slackConfigs.length === 0
          ? undefined
          : slackConfigs.map(({ apiURL, sendResolved, ...message }) => ({
              ...{ api_url: secrets[apiURL?.key ?? ""], send_resolved: sendResolved },
              ...message,
            })),
      webhook_configs:
        webhookConfigs.length === 0
          ? undefined
          : webhookConfigs.map(({ urlSecret, sendResolved }) => ({
              ...{ url: secrets[urlSecret?.key ?? ""], send_resolved: sendResolved },
            })),
    }),
  };
}

function qualified(name: string, config: DeclaredConfig): string {
  return `${config.namespace}/${config.name}/${name}`;
}

function written({ name, matchType = "=", value = "" }: Matcher): string {
  return `${name}${matchType}"${value}"`;
}

function inNamespace(namespace: string): string {
  return `namespace="${namespace}"`;
}

function present(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
