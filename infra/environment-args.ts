import type { Output } from "@pulumi/pulumi";
import type { DashboardsArgs } from "../components/dashboards/dashboards.ts";
import { namespaceName } from "../components/names/names.ts";
import type { SecretContent } from "../components/secret/secret-content.ts";
import { requiredSecrets } from "../components/service/contract.ts";
import type { LiveServices } from "../components/service/live-service.ts";
import { serviceDefinition } from "../stacks/catalogue.ts";
import type { EnvironmentArgs, EnvironmentService } from "../stacks/environment.ts";
import type { GithubArgs } from "../stacks/github.ts";
import { alertsOfStack, stackObjectives } from "./alerts.ts";
import type { ServiceConfig, StackConfig } from "./config/schema.ts";
import { notificationsOfStack } from "./notifications.ts";
import { channelsOfStack } from "./slack.ts";

export interface EnvironmentSource {
  readonly project: string;
  readonly stack: string;
  readonly config: StackConfig;
  readonly secrets: Readonly<Record<string, Output<string>>>;
  /** What a service's Secret holds, by the keys of the secrets that the service needs. */
  readonly contentOf: (keys: readonly string[]) => SecretContent;
  readonly entropy: string;
  readonly images: EnvironmentArgs["images"];
  readonly live: LiveServices;
  readonly namespace: string;
  readonly deployer: string;
  /** What the history of the dashboards says about this deployment. @default it has no dashboards, or they cannot be reached */
  readonly dashboardMessage?: string | undefined;
  /** @default the stack has nothing at GitHub */
  readonly github?: GithubArgs | undefined;
  /** @default nothing is waited for */
  readonly routeChecks?: EnvironmentArgs["routeChecks"];
  /** @default nothing is waited for */
  readonly slotCheck?: EnvironmentArgs["slotCheck"];
}

/** Puts together what a stack is made of and what its configuration says. */
export function environmentArgs(source: EnvironmentSource): EnvironmentArgs {
  const { stack, config, contentOf, images, live, entropy, namespace, deployer } = source;
  const { quota, containerDefaults, dnsNamespace, ingressCidrs, releaserEgress } = config.namespace;
  return {
    stack,
    namespace,
    tenant: { quota, containerDefaults, dnsNamespace },
    deployer,
    services: Object.fromEntries(
      Object.entries(config.services).map(([name, settings]) => [name, environmentService(name, settings, contentOf)]),
    ),
    images,
    live,
    entropy,
    monitoring: config.monitoring,
    ingressCidrs,
    releaserEgress,
    release: config.release,
    prometheus: prometheusOf(config.monitoring),
    notifications: notificationsOfStack(config, dashboardsOf(source) !== undefined),
    alerts: alertsOfStack(source),
    dashboards: dashboardsOf(source),
    channels: channelsOfStack(config),
    github: source.github,
    routeChecks: source.routeChecks,
    slotCheck: source.slotCheck,
  };
}

/** They begin with this stack and its first service, and show every other one that their data source knows. */
function dashboardsOf({ project, stack, config, dashboardMessage }: EnvironmentSource): DashboardsArgs | undefined {
  const [service] = Object.keys(config.services);
  if (config.grafana === undefined || dashboardMessage === undefined || service === undefined) return undefined;
  const { folder, suffix, datasource } = config.grafana;
  return {
    ...{ folder, suffix, datasource, service, environment: stack },
    message: dashboardMessage,
    namespace: namespaceName(project, "$environment"),
    objectives: stackObjectives(config),
  };
}

function environmentService(
  name: string,
  settings: ServiceConfig,
  contentOf: EnvironmentSource["contentOf"],
): EnvironmentService {
  const definition = serviceDefinition(name);
  if (definition === undefined) throw new Error(`the configuration was accepted with the unknown service ${name}`);
  return { definition, settings, secrets: contentOf(requiredSecrets(definition)) };
}

/** The releaser finds its credentials in variables of these names, whichever stack it releases. */
const prometheusAuth = {
  none: { kind: "none" },
  bearer: { kind: "bearer", tokenVariable: "PROMETHEUS_TOKEN" },
  basic: { kind: "basic", usernameVariable: "PROMETHEUS_USERNAME", passwordVariable: "PROMETHEUS_PASSWORD" },
} as const;

function prometheusOf(monitoring: StackConfig["monitoring"]): EnvironmentArgs["prometheus"] {
  const { prometheusUrl: url, prometheusAuth: auth, scrapeInterval } = monitoring;
  if (url === undefined) return null;
  return {
    url,
    auth: prometheusAuth[auth.kind],
    ...(auth.privateAuthority ? { caFileVariable: "PROMETHEUS_CA_FILE" } : {}),
    scrapeInterval,
  };
}
