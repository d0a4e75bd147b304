import type { Input, Output } from "@pulumi/pulumi";
import { serviceDefinition } from "../../stacks/catalogue.ts";
import type { StackConfig } from "../config/schema.ts";

export interface SecretSources {
  readonly config: StackConfig;
  /** By key of the configuration. */
  readonly secrets: Readonly<Record<string, Output<string>>>;
}

/**
 * What the workflows of a stack know as secrets (R13), by name. What the stack has not is left out: a stack without Grafana has no
 * GRAFANA_API_KEY. Addresses are among them because R13 has them there.
 */
export function environmentSecrets({ config, secrets }: SecretSources): Readonly<Record<string, Input<string>>> {
  const { environment, github, grafana, monitoring } = config;
  const kind = environment.toUpperCase();
  const [service = "", settings] = Object.entries(config.services)[0] ?? [];
  const wanted: Readonly<Record<string, Input<string> | undefined>> = {
    [`KUBECONFIG_${kind}`]: github?.oidc === true ? undefined : secrets.kubeconfig,
    REGISTRY_USERNAME: secrets.registryUsername,
    REGISTRY_PASSWORD: secrets.registryPassword,
    SMOKE_TEST_USERNAME: serviceDefinition(service)?.migration?.environment.values.SMOKE_TEST_USERNAME,
    SMOKE_TEST_PASSWORD: secrets.smokeTestPassword,
    [`${kind}_URL`]: settings?.routes.router === "istio" ? settings.routes.url : undefined,
    PROMETHEUS_URL: monitoring.prometheusUrl,
    GRAFANA_URL: grafana?.url,
    GRAFANA_API_KEY: secrets.grafanaApiKey,
    SLACK_WEBHOOK_URL: secrets.slackWebhookUrl,
    SLACK_WEBHOOK_CRITICAL: secrets.slackWebhookCritical,
    METRICS_ENDPOINT: github?.metricsEndpoint,
    // What the workflows converge a stack with.
    PULUMI_ACCESS_TOKEN: secrets.pulumiAccessToken,
    PULUMI_CONFIG_PASSPHRASE: secrets.pulumiConfigPassphrase,
  };
  return Object.fromEntries(
    Object.entries(wanted).filter((entry): entry is [string, Input<string>] => entry[1] !== undefined),
  );
}
