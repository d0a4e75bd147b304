import * as pulumi from "@pulumi/pulumi";
import { Alerts, type AlertsArgs } from "../components/alerts/alerts.ts";
import { Dashboards, type DashboardsArgs } from "../components/dashboards/dashboards.ts";
import { Deployer } from "../components/deployer/deployer.ts";
import type { DeployerScope } from "../components/deployer/rules.ts";
import type { Destination } from "../components/network/network-policies.ts";
import { buildReleasePlan, type ReleaseSettings } from "../components/release-plan/build-plan.ts";
import { entryOf } from "../components/release-plan/entry.ts";
import { formatReleasePlan } from "../components/release-plan/parse-plan.ts";
import type { ReleasePlanInput } from "../components/release-plan/release-plan.ts";
import type { ServiceSettings } from "../components/service/contract.ts";
import { planService, type ServicePlan } from "../components/service/plan.ts";
import { Service, type Monitoring, type ServiceArgs } from "../components/service/service.ts";
import type { LiveServices } from "../components/service/live-service.ts";
import type { SecretContent } from "../components/secret/secret-content.ts";
import { SlackChannel, type ChannelRole, type SlackChannelArgs } from "../components/slack-channel/slack-channel.ts";
import { Tenant, type TenantArgs } from "../components/tenant/tenant.ts";
import type { ServiceDefinition } from "./definition.ts";
import { declareGithub, type GithubArgs } from "./github.ts";

/** One service of an environment. */
export interface EnvironmentService {
  readonly definition: ServiceDefinition;
  readonly settings: ServiceSettings;
  /** What its Secret holds. */
  readonly secrets: SecretContent;
}

export interface EnvironmentArgs {
  /** Name of the stack: what its releases and their metrics call the environment. */
  readonly stack: string;
  readonly namespace: string;
  readonly tenant: Omit<TenantArgs, "namespace">;
  /** Name of the account that releases. */
  readonly deployer: string;
  readonly services: Readonly<Record<string, EnvironmentService>>;
  /** Images that this run is to stage in place of the configured ones, by service. */
  readonly images: Readonly<Record<string, string>>;
  /** What runs, by service. */
  readonly live: LiveServices;
  /** At least 32 random bytes, as text, of this run alone: keys and marks that are new in it come from them. */
  readonly entropy: string;
  readonly monitoring: Monitoring;
  /** Addresses beyond the gateway and Prometheus that may connect to the services. */
  readonly ingressCidrs: readonly string[];
  /** What releasers in the cluster reach by an address: the API server above all. */
  readonly releaserEgress: readonly Destination[];
  /** How the services are released. */
  readonly release: ReleaseSettings;
  /** Where a release asks Prometheus. */
  readonly prometheus: ReleasePlanInput["prometheus"];
  /** Whom a release tells. @default nobody */
  readonly notifications?: ReleasePlanInput["notifications"] | undefined;
  /** What is watched of each service, and who is told. @default nothing */
  readonly alerts?: Pick<AlertsArgs, "objectives" | "settings" | "webhooks"> | undefined;
  /** Its dashboards in Grafana. @default none */
  readonly dashboards?: DashboardsArgs | undefined;
  /** Its channels in Slack, by what they are for. @default none */
  readonly channels?: Readonly<Partial<Record<ChannelRole, SlackChannelArgs>>> | undefined;
  /** What it has at GitHub. @default nothing */
  readonly github?: GithubArgs | undefined;
  /** What an update of routes waits for. @default nothing */
  readonly routeChecks?: ServiceArgs["routeChecks"];
  /** What an update of slots waits for. @default nothing */
  readonly slotCheck?: ServiceArgs["slotCheck"];
}

/** A stack: a namespace, who releases in it, and a map of services. Every stack is made of the same; what differs is data. */
export class Environment extends pulumi.ComponentResource {
  /** What happens to each service, by name. */
  readonly plans: Readonly<Record<string, ServicePlan>>;
  readonly namespace: pulumi.Output<string>;
  /** Its dashboards, where it has any. */
  readonly dashboards: Dashboards | undefined;
  /** Slack's id of each of its channels, where it has any. */
  readonly channels: Readonly<Record<string, pulumi.Output<string>>> | undefined;

  constructor(name: string, args: EnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:stacks:Environment", name, {}, opts);
    const services = Object.entries(args.services).map(([service, { definition, settings, secrets }]) => {
      const releasePlan = formatReleasePlan(releasePlanOf(service, definition, settings, args));
      const common = { service, contract: definition, settings, releasePlan };
      // Every decision is made before the first object is declared: a service that cannot be planned changes nothing.
      const plan = planService({
        ...common,
        secrets: { content: secrets, entropy: args.entropy },
        asked: args.images[service],
        live: args.live[service],
      });
      return { ...common, plan };
    });

    const tenant = new Tenant(args.namespace, { namespace: args.namespace, ...args.tenant }, { parent: this });
    new Deployer(
      args.deployer,
      { namespace: tenant.namespace, account: args.deployer, scope: deployerScope(args) },
      { parent: this },
    );
    const declared: Service[] = [];
    for (const { service, ...definition } of services) {
      const made = new Service(
        service,
        {
          ...definition,
          service,
          namespace: tenant.namespace,
          live: args.live[service]?.release,
          monitoring: args.monitoring,
          ingressCidrs: args.ingressCidrs,
          releaserEgress: args.release.inCluster && args.releaserEgress,
          readyDeadlineSeconds: Math.ceil(args.release.deadlines.ready / 1000),
          routeChecks: args.routeChecks,
          slotCheck: args.slotCheck,
        },
        { parent: this },
      );
      declared.push(made);
      if (args.alerts !== undefined)
        new Alerts(`${service}-alerts`, alertsArgs(service, tenant.namespace, args.alerts, args), { parent: this });
    }
    // Last: a Grafana that is away keeps no version from being staged.
    this.dashboards =
      args.dashboards && new Dashboards("dashboards", args.dashboards, { parent: this, dependsOn: declared });
    this.channels = args.channels && slackChannels(args.channels, this);
    if (args.github !== undefined) declareGithub(args.github, { parent: this });
    this.plans = Object.fromEntries(services.map(({ service, plan }) => [service, plan]));
    this.namespace = tenant.namespace;
    this.registerOutputs({ namespace: this.namespace });
  }
}

function alertsArgs(
  service: string,
  declaredNamespace: pulumi.Input<string>,
  alerts: NonNullable<EnvironmentArgs["alerts"]>,
  { stack: environment, namespace, monitoring }: EnvironmentArgs,
): AlertsArgs {
  return { ...alerts, service, environment, namespace, declaredNamespace, selectorLabels: monitoring.labels };
}

/** Slack's id of each channel. */
function slackChannels(
  channels: NonNullable<EnvironmentArgs["channels"]>,
  parent: pulumi.Resource,
): Readonly<Record<string, pulumi.Output<string>>> {
  const made = Object.entries(channels).map(([role, channel]) => {
    const { channelId } = new SlackChannel(`slack-${role}`, channel, { parent });
    return [role, channelId] as const;
  });
  return Object.fromEntries(made);
}

function deployerScope({ services, release }: EnvironmentArgs): DeployerScope {
  const routers = Object.entries(services).map(([name, { settings }]) => [name, settings.routes.router] as const);
  return { services: Object.fromEntries(routers), inCluster: release.inCluster !== undefined };
}

function releasePlanOf(
  service: string,
  definition: ServiceDefinition,
  settings: ServiceSettings,
  { stack: environment, namespace, release, prometheus, notifications }: EnvironmentArgs,
): ReleasePlanInput {
  return buildReleasePlan({
    ...{ environment, namespace, service, settings, release, prometheus, notifications },
    contract: definition,
    smoke: definition.smoke,
    entry: entryOf({ namespace, service, port: definition.port, routes: settings.routes }),
  });
}
