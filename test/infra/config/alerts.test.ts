import assert from "node:assert/strict";
import { ConfigError } from "../../../infra/config/error.ts";
import { parseStackConfig, type RawConfig } from "../../../infra/config/parse.ts";
import { neededSecrets } from "../../../infra/config/secrets.ts";
import { committed, withValues } from "./stacks.ts";

interface BadAlerts {
  readonly what: string;
  readonly changes: Readonly<Record<string, unknown>>;
  readonly key: string;
  readonly allowed: RegExp;
}

const burnRate = { long: "1h", short: "5m", factor: 14.4, for: "2m", severity: "critical" };

/** On top of production's configuration; each has one problem. */
const table: readonly BadAlerts[] = [
  {
    what: "nobody to call for critical alerts",
    changes: { "alerts.notifications.receivers": { warning: "slackWebhookUrl" } },
    key: "notifications.receivers.critical",
    allowed: /^required in production: slackWebhookCritical$/,
  },
  {
    what: "critical alerts among all others",
    changes: { "alerts.notifications.receivers.critical": "slackWebhookUrl" },
    key: "notifications.receivers.critical",
    allowed: /^required in production: slackWebhookCritical$/,
  },
  {
    what: "an unknown webhook",
    changes: { "alerts.notifications.receivers.info": "slackWebhook" },
    key: "notifications.receivers.info",
    allowed: /^allowed: slackWebhookUrl, slackWebhookCritical$/,
  },
  {
    what: "errors of users as a mere warning",
    changes: { "alerts.rules.highErrorRate.severity": "warning" },
    key: "rules.highErrorRate.severity",
    allowed: /^allowed in production: critical$/,
  },
  {
    what: "slowness as a mere warning",
    changes: { "alerts.rules.highLatency": { for: "3m" } },
    key: "rules.highLatency.severity",
    allowed: /^allowed in production: critical$/,
  },
  {
    what: "dashboards nowhere",
    changes: { grafana: undefined },
    key: "dashboardUrl",
    allowed: /^required where there is no grafana.url$/,
  },
  {
    what: "a window of fewer scrapes than a rate needs",
    changes: { "alerts.window": "59s", "alerts.interval": "10s" },
    key: "window",
    allowed: /^allowed: at least four scrapes \(monitoring\.scrapeInterval\), 1m$/,
  },
  {
    what: "requests that no rule sees",
    changes: { "alerts.interval": "6m" },
    key: "interval",
    allowed: /^allowed: at most the window, 5m;/,
  },
  {
    what: "an alert about releases that only take their time",
    changes: { "alerts.rules.releaseStuck.after": "24h" },
    key: "rules.releaseStuck.after",
    allowed: /^allowed: more than a release takes by its steps, soak and deadlines, \d+s$/,
  },
  {
    what: "a burn rate that no outage reaches",
    changes: { "alerts.burnRates": [{ ...burnRate, factor: 20 }] },
    key: "burnRates.0.factor",
    allowed: /^allowed: less than 20; with more, not even an outage/,
  },
  {
    what: "a long window that is not longer",
    changes: { "alerts.burnRates": [{ ...burnRate, long: "5m" }] },
    key: "burnRates.0.long",
    allowed: /^allowed: longer than the short one, 5m$/,
  },
  {
    what: "a short window within the rates' own",
    changes: { "alerts.burnRates": [{ ...burnRate, short: "4m" }] },
    key: "burnRates.0.short",
    allowed: /^allowed: at least the window, 5m$/,
  },
  {
    what: "two alerts that could not be told apart",
    changes: { "alerts.burnRates": [burnRate, { ...burnRate, factor: 6 }] },
    key: "burnRates.1.long",
    allowed: /^allowed: each long window once$/,
  },
  {
    what: "a limit of nothing",
    changes: { "alerts.rules.smokeTestFailing": { max: "0%" } },
    key: "rules.smokeTestFailing.max",
    allowed: /^allowed: a share above 0% and below 100%/,
  },
];

describe("a stack's section for alerts", () => {
  let production: RawConfig;

  before(async () => {
    production = await committed("production");
  });

  for (const { what, changes, key, allowed } of table)
    it(`with ${what} is refused`, () => {
      assert.throws(
        () => parseStackConfig("production", withValues(production, changes)),
        (error) => {
          assert.ok(error instanceof ConfigError);
          assert.deepEqual(
            error.problems.map((problem) => problem.key),
            [`atom:alerts.${key}`],
          );
          assert.match(error.problems[0]?.allowed ?? "", allowed);
          return true;
        },
      );
    });

  it("has the limits, durations and severities of R10 where it says nothing else", async () => {
    const { alerts } = parseStackConfig("staging", await committed("staging"));
    const minutes = (count: number): number => count * 60_000;
    assert.partialDeepStrictEqual(alerts, {
      interval: 30_000,
      window: minutes(5),
      rules: {
        deploymentHighErrorRate: { max: 0.1, for: minutes(2), severity: "warning" },
        deploymentRollbackDetected: { for: 0, severity: "critical" },
        smokeTestFailing: { max: 0.05, for: minutes(3), severity: "warning" },
        highErrorRate: { for: minutes(2), severity: "warning" },
        highLatency: { for: minutes(5), severity: "warning" },
        deploymentFrequencyAnomaly: { max: 2, for: minutes(5), severity: "info" },
        prometheusQueryFailing: { max: 0.1, for: minutes(5), severity: "warning" },
      },
    });
    const { rules } = parseStackConfig("production", production).alerts ?? {};
    assert.deepEqual(rules?.highErrorRate, { for: minutes(1), severity: "critical" });
    assert.deepEqual(rules.highLatency, { for: minutes(3), severity: "critical" });
  });

  it("asks for the secrets of those who are told, and for no other", () => {
    const alerting = (notifications: unknown): string[] => neededSecrets({ alerts: { notifications } });
    assert.deepEqual(neededSecrets({ alerts: {} }), []);
    assert.deepEqual(alerting({ receivers: { critical: "slackWebhookCritical" } }), ["slackWebhookCritical"]);
    assert.deepEqual(alerting({ receivers: { info: "slackWebhookUrl" }, deadMansSwitch: {} }), [
      "deadMansSwitchUrl",
      "slackWebhookUrl",
    ]);
    assert.deepEqual(alerting("nonsense"), []);
  });

  it("can be left out", () => {
    assert.equal(parseStackConfig("production", withValues(production, { alerts: undefined })).alerts, undefined);
  });
});
