import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { parse, stringify } from "yaml";
import { prometheusRuleSpec } from "../../components/alerts/envelope.ts";
import { alertmanagerConfigSpec } from "../../components/alerts/routing.ts";
import { alertsOf, ruleGroups, type RuleSources } from "../../components/alerts/rules.ts";
import { alertSettings, stackObjectives } from "../../infra/alerts.ts";
import { parseStackConfig } from "../../infra/config/parse.ts";
import { readStackFile } from "../../infra/config/stack-file.ts";
import { operatorConfig, type AlertmanagerFile } from "../components/alerts/operator-config.ts";
import { clusterDeadlineMs } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { SlackStandIn } from "../support/slack/stand-in.ts";
import type { Message } from "../support/slack/workspace.ts";
import { Alertmanager, type HeldAlert } from "./support/alertmanager.ts";
import { apply, hostAddressOf, hostService } from "./support/host-service.ts";
import { ReleaseStack, warningThresholds } from "./support/release-stack.ts";
import { encrypted } from "./support/stack-secrets.ts";
import { failsItsUsers, stage } from "./support/staging.ts";

const environment = "alerts";
/** What the kubelet takes at most to bring a changed Secret or ConfigMap into a pod, and then some, in milliseconds. */
const mountedMs = 240_000;

/** R10's alerts, at the pace of a test. */
const quickAlerts = {
  runbookUrl: "https://example.com/docs/runbook/alerts.md",
  dashboardUrl: "https://grafana.example.com",
  interval: "1s",
  window: "4s",
  rules: { highErrorRate: { for: "1s", severity: "critical" } },
  burnRates: [{ long: "10s", short: "4s", factor: 1, for: "1s", severity: "warning" }],
  notifications: {
    receivers: { critical: "slackWebhookCritical", warning: "slackWebhookUrl", info: "slackWebhookUrl" },
    ...{ wait: "1s", interval: "2s", repeat: "1h" },
  },
};

/** A step that lasts until somebody ends it, and breaches that are only told. */
const untilSomebodyComes = {
  thresholds: warningThresholds,
  steps: [
    { weight: 50, wait: "300s" },
    { weight: 100, wait: "2s" },
  ],
};

describe("Alerts in a cluster", function () {
  this.timeout(900_000);
  const resources = new AsyncDisposableStack();
  let stack: ReleaseStack;
  let slack: SlackStandIn;
  let alertmanager: Alertmanager;
  let webhooks: Readonly<Record<string, string>>;
  let sources: RuleSources;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = resources.use(await ReleaseStack.create(environment));
    const { shared, kubectl, namespace, folder } = stack.stack;
    slack = resources.use(await SlackStandIn.start({ host: hostAddressOf(shared.cluster) }));
    const entrance = await hostService(kubectl, namespace, "slack", slack.origin);
    const webhookOf = (channel: string): string => slack.webhookUrl(channel).replace(slack.origin, entrance);
    webhooks = { slackWebhookUrl: webhookOf("alerts"), slackWebhookCritical: webhookOf("critical") };
    await stack.stage({
      release: untilSomebodyComes,
      settings: [[["atom:alerts"], quickAlerts], ...(await encrypted(stack.stack, webhooks))],
    });
    const config = parseStackConfig(environment, await readStackFile(folder, environment));
    const settings = alertSettings(config);
    assert.ok(settings);
    sources = { scope: { namespace, environment, service: "atom" }, objectives: stackObjectives(config), settings };

    alertmanager = new Alertmanager(shared.cluster.alertmanagerUrl);
    await eventually("Alertmanager has the routes", () => hasRoutesOf(namespace), mountedMs);
  });

  after(() => resources.disposeAsync());

  async function hasRoutesOf(namespace: string): Promise<true | undefined> {
    return (await alertmanager.config()).includes(`${namespace}/atom-alerts/slackWebhookUrl`) ? true : undefined;
  }

  /** Titles of what a channel was sent. */
  function told(channel: string): readonly string[] {
    return (slack.workspace.named(channel)?.messages ?? []).map((message) => titleOf(message));
  }

  async function isTold(channel: string, title: string): Promise<void> {
    await eventually(
      `#${channel} is told "${title}"`,
      () => (told(channel).includes(title) ? true : undefined),
      60_000,
    ).catch((cause: unknown) => {
      throw new Error(`#${channel} was told: ${told(channel).join("; ")}`, { cause });
    });
  }

  async function alertBecomes(name: string, whose: string, state: HeldAlert["status"]["state"]): Promise<HeldAlert> {
    return eventually(`${name} of ${whose} is ${state}`, async () => {
      const alert = await alertmanager.alert(name, whose);
      return alert?.status.state === state ? alert : undefined;
    });
  }

  it("are rules of Prometheus as they are declared, and each of them can be evaluated", async () => {
    const declared = prometheusRuleSpec(ruleGroups(sources), sources);
    const names = (declared.groups ?? []).map(({ name, rules = [] }) => [
      name,
      rules.map(({ alert, record }) => alert ?? record),
    ]);
    await eventually(
      "Prometheus has evaluated the rules",
      async () => {
        const groups = await prometheusGroups();
        assert.deepEqual(
          groups.map(({ name, rules }) => [name, rules.map((rule) => rule.name)]),
          names,
        );
        assert.deepEqual(
          groups.flatMap(({ rules }) => rules).filter(({ health }) => health !== "ok"),
          [],
        );
        return true;
      },
      mountedMs,
    );
  });

  it("are led by the operator as our own reading of it says", async () => {
    const { kubectl, namespace } = stack.stack;
    const { data = {} } = await kubectl.get("monitoring", "secret/alertmanager-atom-generated");
    const packed = Buffer.from(data["alertmanager.yaml.gz"] ?? "", "base64");
    const real = parse(gunzipSync(packed).toString("utf8")) as AlertmanagerFile;
    const alerts = alertsOf(ruleGroups(sources));
    const { notifications } = sources.settings;
    const spec = alertmanagerConfigSpec({ scope: sources.scope, alerts, notifications, secret: "atom-alerts" });
    const read = operatorConfig([{ namespace, name: "atom-alerts", spec }], webhooks);
    assert.deepEqual(
      real.route.routes.filter(({ receiver }) => receiver.startsWith(`${namespace}/`)).map(essentials),
      read.route.routes.map(essentials),
    );
    assert.deepEqual(
      real.inhibit_rules.filter(({ source_matchers }) => source_matchers.includes(`namespace="${namespace}"`)),
      read.inhibit_rules,
    );
    const receiversOf = ({ receivers }: AlertmanagerFile): readonly string[] =>
      receivers.map(nameOf).filter((name) => name.startsWith(`${namespace}/`));
    assert.deepEqual(receiversOf(real), receiversOf(read));
  });

  it("call somebody while a candidate errors, silence only their own environment's warnings, and end with its rollback", async () => {
    const other = await otherEnvironment();
    const METRICS_ENDPOINT = stack.stack.shared.cluster.pushgatewayUrl;
    await stage(stack.stack, failsItsUsers);
    await using load = stack.load({ clients: 2, pauseMs: 20 });
    await using release = stack.start(["release", "--staged"], { METRICS_ENDPOINT });

    const urgent = ":rotating_light: URGENT Firing: HighErrorRateAlerts: atom in alerts";
    await isTold("critical", urgent);
    const message = slack.workspace.named("critical")?.messages.find((each) => titleOf(each) === urgent);
    const text = JSON.stringify(message);
    assert.match(text, /\*atom in alerts: [\d.]+% of the requests fail\* \(critical\)/);
    assert.match(text, /Environment: alerts\./);
    assert.match(text, /<https:\/\/example\.com\/docs\/runbook\/alerts\.md#higherrorrate\|Runbook>/);
    assert.match(
      text,
      /<https:\/\/grafana\.example\.com\/d\/atom-error-rate\?var-environment=alerts&var-service=atom\|Dashboard>/,
    );

    // The warning about the same is silenced; another environment's, which differs in nothing else, is not.
    const silenced = await alertBecomes("AvailabilityBurnRate", environment, "suppressed");
    assert.equal(silenced.status.inhibitedBy.length, 1);
    await alertmanager.fire({ ...silenced.labels, namespace: other.namespace, environment: other.environment });
    const { status } = await alertBecomes("AvailabilityBurnRate", other.environment, "active");
    assert.deepEqual(status.inhibitedBy, []);
    await isTold("other", "Firing: AvailabilityBurnRate: atom in alerts-other");
    // Once the critical one is resolved nothing silences the slower warning any more.
    assert.deepEqual(
      told("alerts").filter((title) => title.startsWith("Firing: AvailabilityBurnRate")),
      [],
    );

    const aborted = await stack.atom(["abort"], { METRICS_ENDPOINT });
    assert.equal(aborted.code, 0, aborted.stderr);
    await isTold("critical", "Resolved: HighErrorRateAlerts: atom in alerts");
    await isTold("critical", ":rotating_light: URGENT Firing: DeploymentRollbackDetected: atom in alerts");
    await load.stop();
    await release.ended;
    assert.deepEqual(slack.violations, []);
  });

  interface RuleGroupState {
    readonly name: string;
    readonly file: string;
    readonly rules: readonly { readonly name: string; readonly health: string; readonly lastError?: string }[];
  }

  /** The stack's groups of rules, as Prometheus has them. */
  async function prometheusGroups(): Promise<readonly RuleGroupState[]> {
    const { shared, namespace } = stack.stack;
    const answer = await fetch(new URL("/api/v1/rules", shared.cluster.prometheusUrl));
    const { data } = (await answer.json()) as { readonly data: { readonly groups: readonly RuleGroupState[] } };
    return data.groups.filter(({ file }) => file.includes(`/${namespace}-atom-alerts-`));
  }

  /** An environment beside it, with the same alerts and a webhook of its own, and without anything that runs. */
  async function otherEnvironment(): Promise<RuleSources["scope"]> {
    const { kubectl } = stack.stack;
    const scope = { namespace: "atom-alerts-other", environment: "alerts-other", service: "atom" };
    const alerts = alertsOf(ruleGroups({ ...sources, scope }));
    const spec = alertmanagerConfigSpec({
      scope,
      alerts,
      notifications: sources.settings.notifications,
      secret: "atom-alerts",
    });
    const metadata = { name: "atom-alerts", namespace: scope.namespace, labels: { prometheus: "atom" } };
    const address = slack.webhookUrl("other").replace(slack.origin, new URL(webhooks.slackWebhookUrl ?? "").origin);
    await apply(kubectl, [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: scope.namespace } },
      {
        ...{ apiVersion: "v1", kind: "Secret", metadata },
        stringData: { slackWebhookUrl: address, slackWebhookCritical: address },
      },
      { apiVersion: "monitoring.coreos.com/v1alpha1", kind: "AlertmanagerConfig", metadata, spec },
    ]);
    await eventually("Alertmanager has the other's routes", () => hasRoutesOf(scope.namespace), mountedMs);
    return scope;
  }
});

/** What a route decides, without how the operator writes what is left out. */
function essentials(route: AlertmanagerFile["route"]["routes"][number]): string {
  const { routes, ...others } = route;
  return stringify(
    { ...others, routes: (routes as typeof routes | undefined)?.map(essentials) ?? [] },
    { sortMapEntries: true },
  );
}

function nameOf(receiver: unknown): string {
  return (receiver as { readonly name: string }).name;
}

function titleOf({ attachments }: Message): string {
  const [first] = attachments as readonly { readonly title?: string }[];
  return first?.title ?? "";
}
