import assert from "node:assert/strict";
import { scrubberOf } from "../../../delivery/preview/secrets.ts";

/** Names of the variables whose values a preview hides. */
function hidden(variables: Readonly<Record<string, string>>): readonly string[] {
  const scrubber = scrubberOf(variables);
  return Object.entries(variables).flatMap(([name, value]) =>
    scrubber.scrub(`a ${value} b`).includes(value) ? [] : [name],
  );
}

describe("the secrets of a process that previews", () => {
  it("are the values of the variables that R13 names, and of whatever is called so", () => {
    const names = [
      ...[
        "KUBECONFIG_STAGING",
        "KUBECONFIG_PRODUCTION",
        "REGISTRY_USERNAME",
        "REGISTRY_PASSWORD",
        "SMOKE_TEST_USERNAME",
      ],
      ...["SMOKE_TEST_PASSWORD", "STAGING_URL", "PRODUCTION_URL", "PROMETHEUS_URL", "GRAFANA_URL", "GRAFANA_API_KEY"],
      ...["SLACK_WEBHOOK_URL", "SLACK_WEBHOOK_CRITICAL", "METRICS_ENDPOINT", "GITHUB_TOKEN", "SLACK_BOT_TOKEN"],
      ...["PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"],
    ];
    const variables = Object.fromEntries(names.map((name, index) => [name, `value-of-${index}-${name.length}`]));
    assert.deepEqual(hidden(variables), names);
  });

  it("are no paths, switches, numbers or short words, which mean other things too", () => {
    const plain = {
      KUBECONFIG: "/home/runner/.kube/config",
      SECRET_SCANNING: "true",
      TOKEN_TTL: "123456789",
      NPM_TOKEN: "short",
      PATH: "/usr/bin:/usr/local/bin",
      LOG_LEVEL: "information",
    };
    assert.deepEqual(hidden(plain), []);
  });
});
