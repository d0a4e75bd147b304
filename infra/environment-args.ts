import type { Output } from "@pulumi/pulumi";
import { requiredSecrets } from "../components/service/contract.ts";
import type { LiveServices } from "../components/service/live-service.ts";
import { serviceDefinition } from "../stacks/catalogue.ts";
import type { EnvironmentArgs, EnvironmentService } from "../stacks/environment.ts";
import type { ServiceConfig, StackConfig } from "./config/schema.ts";

export interface EnvironmentSource {
  readonly config: StackConfig;
  readonly secrets: Readonly<Record<string, Output<string>>>;
  readonly live: LiveServices;
  readonly namespace: string;
  readonly deployer: string;
}

/** Puts together what a stack is made of and what its configuration says. */
export function environmentArgs({ config, secrets, live, namespace, deployer }: EnvironmentSource): EnvironmentArgs {
  const { quota, containerDefaults, dnsNamespace, ingressCidrs } = config.namespace;
  return {
    namespace,
    tenant: { quota, containerDefaults, dnsNamespace },
    deployer,
    services: Object.fromEntries(
      Object.entries(config.services).map(([name, settings]) => [name, environmentService(name, settings, secrets)]),
    ),
    live,
    monitoring: config.monitoring,
    ingressCidrs,
    readyDeadlineSeconds: Math.ceil(config.release.deadlines.ready / 1000),
  };
}

function environmentService(
  name: string,
  settings: ServiceConfig,
  secrets: EnvironmentSource["secrets"],
): EnvironmentService {
  const contract = serviceDefinition(name);
  if (contract === undefined) throw new Error(`the configuration was accepted with the unknown service ${name}`);
  const needed = requiredSecrets(contract);
  return {
    contract,
    settings,
    secrets: Object.fromEntries(Object.entries(secrets).filter(([key]) => needed.includes(key))),
  };
}
