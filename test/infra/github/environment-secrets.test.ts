import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { parseStackConfig } from "../../../infra/config/parse.ts";
import { environmentSecrets } from "../../../infra/github/environment-secrets.ts";
import { committed, withValues } from "../config/stacks.ts";
import "../pulumi-globals.ts";

/** R13, but for the names that have the other environment in them. */
const ofEveryEnvironment = [
  ...["REGISTRY_USERNAME", "REGISTRY_PASSWORD", "SMOKE_TEST_USERNAME", "SMOKE_TEST_PASSWORD", "PROMETHEUS_URL"],
  ...["GRAFANA_URL", "GRAFANA_API_KEY", "SLACK_WEBHOOK_URL", "SLACK_WEBHOOK_CRITICAL", "METRICS_ENDPOINT"],
];
const ofEach = {
  staging: ["KUBECONFIG_STAGING", "STAGING_URL"],
  production: ["KUBECONFIG_PRODUCTION", "PRODUCTION_URL"],
};

const keys = [
  ...["kubeconfig", "registryUsername", "registryPassword", "smokeTestPassword", "grafanaApiKey", "slackWebhookUrl"],
  ...["slackWebhookCritical", "databaseUrl", "githubToken"],
];
const secrets = Object.fromEntries(keys.map((key) => [key, pulumi.secret(`value of ${key}`)]));

async function config(stack: string, changes: Readonly<Record<string, unknown>> = {}) {
  const metrics = { "github.metricsEndpoint": "https://pushgateway.example.com" };
  const raw = withValues(await committed(stack), { ...metrics, ...changes });
  return parseStackConfig(stack, raw, { requireSecrets: false });
}

function valueOf(input: pulumi.Input<string> | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    pulumi.output(input).apply(resolve);
  });
}

describe("the secrets of an environment at GitHub", () => {
  for (const stack of ["staging", "production"] as const)
    it(`${stack} have the names of R13, and no others`, async () => {
      const names = Object.keys(environmentSecrets({ config: await config(stack), secrets }));
      assert.deepEqual(names.sort(), [...ofEach[stack], ...ofEveryEnvironment].sort());
    });

  it("have the values that the stack itself uses", async () => {
    const found = environmentSecrets({ config: await config("production"), secrets });
    assert.equal(await valueOf(found.KUBECONFIG_PRODUCTION), "value of kubeconfig");
    assert.equal(await valueOf(found.SMOKE_TEST_PASSWORD), "value of smokeTestPassword");
    assert.deepEqual(
      [found.PRODUCTION_URL, found.SMOKE_TEST_USERNAME, found.PROMETHEUS_URL, found.METRICS_ENDPOINT],
      [
        "https://atom.example.com",
        "smoke_test",
        "http://prometheus.monitoring:9090",
        "https://pushgateway.example.com",
      ],
    );
    assert.ok(!JSON.stringify(Object.keys(found)).includes("DATABASE"));
  });

  it("leave out what the stack has not, and the kubeconfig where the workflows log in by themselves", async () => {
    const changes = { grafana: undefined, "github.oidc": true, "alerts.dashboardUrl": "https://grafana.example.com" };
    const fewer = { kubeconfig: pulumi.secret("value of kubeconfig") };
    const found = environmentSecrets({ config: await config("staging", changes), secrets: fewer });
    for (const name of ["GRAFANA_URL", "GRAFANA_API_KEY", "SLACK_WEBHOOK_CRITICAL", "KUBECONFIG_STAGING"])
      assert.ok(!(name in found), name);
    assert.ok("STAGING_URL" in found);
  });

  it("have what the workflows converge a stack with, where the stack has it", async () => {
    const pulumiSecrets = { pulumiAccessToken: pulumi.secret("a"), pulumiConfigPassphrase: pulumi.secret("b") };
    const found = environmentSecrets({ config: await config("staging"), secrets: pulumiSecrets });
    assert.deepEqual(
      [await valueOf(found.PULUMI_ACCESS_TOKEN), await valueOf(found.PULUMI_CONFIG_PASSPHRASE)],
      ["a", "b"],
    );
  });
});
