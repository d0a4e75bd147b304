import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { stringify } from "yaml";
import { prometheusRuleSpec } from "../../../components/alerts/envelope.ts";
import { alertmanagerConfigSpec } from "../../../components/alerts/routing.ts";
import { alertsOf, ruleGroups } from "../../../components/alerts/rules.ts";
import { FIRST_START_MS } from "../../support/control-plane.ts";
import { ruleTool, type RunTool } from "../../support/rule-tools.ts";
import { operatorConfig, type AlertmanagerFile, type AlertmanagerInhibition } from "./operator-config.ts";
import { alertsOfStack, stacks, type StackName } from "./world.ts";

type Labels = Readonly<Record<string, string>>;

/** Who is told of what: a receiver by severity. */
const told: Readonly<Record<StackName, Labels>> = {
  staging: { critical: "slackWebhookUrl", warning: "slackWebhookUrl", info: "slackWebhookUrl" },
  production: {
    ...{ critical: "slackWebhookCritical", warning: "slackWebhookUrl", info: "slackWebhookUrl" },
    none: "dead-mans-switch",
  },
  local: { critical: "nobody", warning: "nobody", info: "nobody" },
};

const secrets = {
  slackWebhookUrl: "https://hooks.slack.example/services/T1/B1/usual",
  slackWebhookCritical: "https://hooks.slack.example/services/T1/B2/critical",
  deadMansSwitchUrl: "https://heartbeat.example/atom",
};

/** Labels of every alert of a stack, as Prometheus sends them. */
async function sentBy(stack: StackName): Promise<readonly Labels[]> {
  const sources = await alertsOfStack(stack);
  const spec = prometheusRuleSpec(ruleGroups(sources), sources);
  const rules = (spec.groups ?? []).flatMap(({ rules: ofGroup = [] }) => ofGroup);
  return rules.flatMap(({ alert, labels }) => (alert === undefined ? [] : [{ ...labels, alertname: alert }]));
}

describe("the routes of alerts", () => {
  const sent = new Map<StackName, readonly Labels[]>();
  let amtool: RunTool;
  let folder: string;
  let file: string;
  let config: AlertmanagerFile;

  before(async function () {
    this.timeout(FIRST_START_MS);
    amtool = await ruleTool("amtool");
    folder = await mkdtemp(path.join(tmpdir(), "atom-routes-"));
    file = path.join(folder, "alertmanager.yaml");
    // All stacks in one Alertmanager, where they could meet.
    const declared = await Promise.all(
      stacks.map(async (stack) => {
        const { scope, settings, ...others } = await alertsOfStack(stack);
        sent.set(stack, await sentBy(stack));
        const alerts = alertsOf(ruleGroups({ scope, settings, ...others }));
        const { notifications } = settings;
        const spec = alertmanagerConfigSpec({ scope, alerts, notifications, secret: "atom-alerts" });
        return { namespace: scope.namespace, name: "atom-alerts", spec };
      }),
    );
    config = operatorConfig(declared, secrets);
    await writeFile(file, stringify(config));
  });

  after(() => rm(folder, { recursive: true }));

  it("are valid, as the operator writes them", async () => {
    const { code, output } = await amtool("check-config", file);
    assert.equal(code, 0, output);
    assert.match(output, /SUCCESS/);
  });

  for (const stack of stacks)
    it(`lead every alert of ${stack} to whom its severity calls`, async () => {
      for (const labels of sent.get(stack) ?? []) {
        const receiver = `atom-${stack}/atom-alerts/${told[stack][labels.severity ?? ""] ?? ""}`;
        const { code, output } = await amtool(
          ...["config", "routes", "test", "--config.file", file, "--verify.receivers", receiver],
          ...Object.entries(labels).map(([name, value]) => `${name}=${value}`),
        );
        assert.equal(code, 0, `${labels.alertname ?? ""}: ${output}`);
      }
    });

  it("lead an alert without a namespace to nobody: that is what the static label is for", async () => {
    const { output } = await amtool(
      ...["config", "routes", "test", "--config.file", file],
      ...["alertname=HighErrorRateProduction", "environment=production", "service=atom", "severity=critical"],
    );
    assert.equal(output.split("\n")[0], "null");
  });

  it("tell when an alert is over, but for the dead man's switch", () => {
    const flags = config.receivers.flatMap((receiver) => {
      const { slack_configs: slack = [], webhook_configs: webhooks = [] } = receiver as Readonly<
        Record<string, readonly { readonly send_resolved: boolean }[] | undefined>
      >;
      return [
        ...slack.map((each) => ["slack", each.send_resolved]),
        ...webhooks.map((each) => ["webhook", each.send_resolved]),
      ];
    });
    assert.deepEqual(flags, [
      ["slack", true],
      ["slack", true],
      ["slack", true],
      ["webhook", false],
    ]);
  });

  it("mark as urgent what goes to the critical webhook, and that alone", () => {
    const urgent = config.receivers
      .filter((receiver) => JSON.stringify(receiver).includes("URGENT"))
      .map((receiver) => (receiver as { readonly name: string }).name);
    assert.deepEqual(urgent, ["atom-production/atom-alerts/slackWebhookCritical"]);
  });

  describe("and what silences what", () => {
    const silencedIn = (stack: StackName, alertname: string): readonly string[] => {
      const source = sent.get(stack)?.find((labels) => labels.alertname === alertname);
      assert.ok(source, alertname);
      const targets = [...sent.values()].flat().filter((target) => inhibits(config.inhibit_rules, source, target));
      return [...new Set(targets.map((labels) => `${labels.environment ?? ""} ${labels.alertname ?? ""}`))];
    };

    it("is never of another environment", () => {
      for (const [stack, alerts] of sent)
        for (const { alertname = "" } of alerts)
          for (const silenced of silencedIn(stack, alertname)) assert.ok(silenced.startsWith(`${stack} `), silenced);
    });

    it("is the warning about what a critical alert is about", () => {
      assert.deepEqual(silencedIn("staging", "AvailabilityBurnRate"), [
        "staging HighErrorRateStaging",
        "staging AvailabilityBurnRate",
      ]);
      assert.deepEqual(silencedIn("production", "HighLatencyProduction"), ["production LatencyBurnRate"]);
      assert.deepEqual(silencedIn("production", "DeploymentRollbackDetected"), ["production DeploymentHighErrorRate"]);
      assert.deepEqual(silencedIn("staging", "HighLatencyStaging"), []);
    });

    it("is all that is said of metrics, where they are missing", () => {
      assert.deepEqual(silencedIn("staging", "ServiceMetricsAbsent"), [
        "staging HighErrorRateStaging",
        "staging HighLatencyStaging",
        "staging AvailabilityBurnRate",
        "staging LatencyBurnRate",
      ]);
      assert.deepEqual(silencedIn("production", "DeploymentMetricsAbsent"), [
        "production DeploymentHighErrorRate",
        "production DeploymentRollbackDetected",
        "production SmokeTestFailing",
        "production DeploymentFrequencyAnomaly",
        "production PrometheusQueryFailing",
        "production DeploymentMetricsStale",
        "production ReleaseStuck",
      ]);
    });

    it("is never itself silenced, nor is the dead man's switch", () => {
      const all = [...sent.entries()].flatMap(([stack, alerts]) =>
        alerts.flatMap(({ alertname = "" }) => silencedIn(stack, alertname)),
      );
      assert.deepEqual(
        all.filter((silenced) => / (DeadMansSwitch|ServiceMetricsAbsent|DeploymentMetricsAbsent)$/.test(silenced)),
        [],
      );
    });
  });
});

/** Alertmanager's rule: a target is silenced by a source that both sides fit, if they agree in all of `equal`. */
function inhibits(rules: readonly AlertmanagerInhibition[], source: Labels, target: Labels): boolean {
  return rules.some(({ source_matchers, target_matchers, equal }) => {
    const [isSource, isTarget] = [fits(source_matchers, source), fits(target_matchers, target)];
    return isSource && isTarget && equal.every((label) => (source[label] ?? "") === (target[label] ?? ""));
  });
}

function fits(matchers: readonly string[], labels: Labels): boolean {
  return matchers.every((matcher) => {
    const [, name = "", type, value = ""] = /^(\w+)(=~|=)"(.*)"$/.exec(matcher) ?? [];
    assert.ok(type !== undefined, matcher);
    const actual = labels[name] ?? "";
    return type === "=" ? actual === value : new RegExp(`^(?:${value})$`).test(actual);
  });
}
