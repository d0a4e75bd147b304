import { z } from "zod";
import { severities, slackWebhooks, type Severity } from "../../components/alerts/settings.ts";
import { duration } from "./duration.ts";
import { percentage } from "./percentage.ts";
import { section, whole, word } from "./section.ts";

const severity = word(severities);
const address = z.url({ protocol: /^https?$/, error: "allowed: a URL such as https://grafana.example.com" });
const webhook = word(slackWebhooks).optional();

/** How long a condition must hold, and how bad it is. */
const firing = (held: string, bad: Severity) => ({
  for: duration.prefault(held).describe("How long it must hold."),
  severity: severity.default(bad),
});

/** The same, of a share of bad ones. */
const share = (max: string, held: string, bad: Severity) =>
  section({ max: percentage.prefault(max).describe("Share that is still good."), ...firing(held, bad) }).prefault({});

const rules = section({
  deploymentHighErrorRate: share("10%", "2m", "warning").describe("Releases that failed or were rolled back."),
  deploymentRollbackDetected: section(firing("0s", "critical")).prefault({}),
  smokeTestFailing: share("5%", "3m", "warning").describe("Smoke tests that failed."),
  highErrorRate: section(firing("2m", "warning"))
    .prefault({})
    .describe("Requests answered with 5xx, above release.thresholds.errorRate.max."),
  highLatency: section(firing("5m", "warning"))
    .prefault({})
    .describe("P95 latency above release.thresholds.p95Latency.max."),
  deploymentFrequencyAnomaly: section({
    max: whole(1, 1_000).default(2).describe("Releases an hour that are still usual."),
    ...firing("5m", "info"),
  }).prefault({}),
  prometheusQueryFailing: share("10%", "5m", "warning").describe("Requests of releases to Prometheus that failed."),
  serviceMetricsAbsent: section(firing("5m", "warning")).prefault({}).describe("Prometheus reads no pod."),
  deploymentMetricsAbsent: section(firing("15m", "warning")).prefault({}).describe("There are no counts of releases."),
  deploymentMetricsStale: section({
    after: duration.prefault("168h").describe("How long nobody may have pushed counts of releases."),
    severity: severity.default("info"),
  }).prefault({}),
  releaseStuck: section({
    after: duration.prefault("2h").describe("Longer than any release takes, people's approval included."),
    severity: severity.default("warning"),
  }).prefault({}),
});

const burnRate = section({
  long: duration.describe("Window that says that it matters."),
  short: duration.describe("Window that says that it goes on."),
  factor: z
    .number({ error: "allowed: a number from 1 to 1000" })
    .min(1, "allowed: a number from 1 to 1000")
    .max(1_000, "allowed: a number from 1 to 1000")
    .describe("How many times faster than allowed the error budget is spent."),
  for: duration,
  severity,
});

/** Two that call somebody, two that can wait until morning (the SRE workbook's windows). */
const burnRates = [
  { long: "1h", short: "5m", factor: 14.4, for: "2m", severity: "critical" },
  { long: "6h", short: "30m", factor: 6, for: "15m", severity: "critical" },
  { long: "24h", short: "2h", factor: 3, for: "1h", severity: "warning" },
  { long: "72h", short: "6h", factor: 1, for: "3h", severity: "warning" },
] satisfies z.input<typeof burnRate>[];

const notifications = section({
  receivers: section({ critical: webhook, warning: webhook, info: webhook })
    .default({})
    .describe(
      `Which secret has the Slack webhook for a severity: ${slackWebhooks.join(", ")}. Others are told to nobody.`,
    ),
  deadMansSwitch: section({ every: duration.prefault("5m") })
    .optional()
    .describe("Set it to tell somebody outside, at the address in the secret deadMansSwitchUrl, that alerts work."),
  wait: duration.prefault("30s").describe("How long the first message waits for more alerts of its group."),
  interval: duration.prefault("5m").describe("Least time between two messages about a group."),
  repeat: duration.prefault("4h").describe("How often a message is repeated while nothing changes."),
});

/** What is watched, and who is told. Error rate and latency have their limits from `release.thresholds` (R7); defaults are those of R10. */
export const alerts = section({
  runbookUrl: address.describe("Page that has a heading for every alert: docs/runbook/alerts.md, as people read it."),
  dashboardUrl: address.optional().describe("Where Grafana is. Default: grafana.url."),
  interval: duration.prefault("30s").describe("How often the rules are evaluated."),
  window: duration.prefault("5m").describe("The time that shares and counts are taken over."),
  objectives: section({
    availability: percentage.optional().describe("Default: what release.thresholds.errorRate.max leaves."),
    latency: percentage.optional().describe("Requests within release.thresholds.p95Latency.max. Default: 95%."),
  })
    .default({})
    .describe("Shares of good requests that are promised: what burn rates are multiples of."),
  rules: rules.prefault({}),
  burnRates: z.array(burnRate).prefault(burnRates),
  notifications: notifications.prefault({}),
});
