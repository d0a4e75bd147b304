import assert from "node:assert/strict";
import path from "node:path";
import { noTotals, type Totals } from "../../../components/ledger/totals.ts";
import { component } from "../../support/cluster-component.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import { settingsOf } from "../../support/dashboards/settings.ts";
import { misfit } from "../../support/dashboards/units.ts";
import { askedDashboards, writePictures } from "../../support/dashboards/write-pictures.ts";
import type { AtomEnd } from "../support/atom-process.ts";
import { PrometheusReader } from "../support/prometheus-reader.ts";
import { ReleaseStack } from "../support/release-stack.ts";
import { changePlan, failsItsUsers, quickPlan, stage } from "../support/staging.ts";

const environment = "metrics";
/** As a stack with dashboards has it; they need no Grafana to be asked. */
const notifications = { grafana: { dashboards: ["atom-deployment-overview"] } };
/** Where the documentation's pictures are. UPDATE_PICTURES=1 draws them anew. */
const pictures = path.join(import.meta.dirname, "..", "..", "..", "docs", "dashboards");
/** Nothing listens there. */
const nowhere = "http://127.0.0.1:9";

describe("The deployment metrics", function () {
  this.timeout(900_000);
  let stack: ReleaseStack;
  let prometheus: PrometheusReader;
  let METRICS_ENDPOINT: string;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await ReleaseStack.create(environment);
    const { cluster } = stack.stack.shared;
    METRICS_ENDPOINT = cluster.pushgatewayUrl;
    prometheus = new PrometheusReader(cluster.prometheusUrl);
    const push = await stack.start(["metrics", "push"], { METRICS_ENDPOINT }).ended;
    assert.equal(push.code, 0, push.stderr);
    await prometheus.becomes(total("success"), 0);
  });

  function quicken(): Promise<void> {
    return changePlan(stack.stack, (plan) => ({ ...quickPlan(plan), notifications }));
  }

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  function total(status: string): string {
    return `deployment_total{environment="${environment}",status="${status}"}`;
  }

  async function release(faults: object, endpoint = METRICS_ENDPOINT): Promise<AtomEnd> {
    await stage(stack.stack, faults);
    await using load = stack.load({ clients: 2, pauseMs: 20 });
    const ATOM_CHANGE = JSON.stringify({ commit: "4f2c9d1b7a", committedAt: new Date().toISOString() });
    const released = await stack.releaseStaged([], { METRICS_ENDPOINT: endpoint, ATOM_CHANGE });
    await load.stop();
    return released;
  }

  /** The Pushgateway keeps what it has in memory alone: a restart loses it all. */
  async function restartPushgateway(): Promise<void> {
    const { cluster } = stack.stack.shared;
    const { pid, restarts } = await component(cluster, "pushgateway");
    process.kill(pid, "SIGKILL");
    await component(cluster, "pushgateway", restarts);
  }

  async function succeeds(endpoint?: string): Promise<AtomEnd> {
    const end = await release({}, endpoint);
    assert.equal(end.code, 0, `${end.stdout}${end.stderr}`);
    return end;
  }

  async function isTakenBack(): Promise<void> {
    const end = await release(failsItsUsers);
    assert.equal(end.code, 10, `${end.stdout}${end.stderr}`);
  }

  describe("of ten releases, over a Pushgateway that was restarted, was away, and lost all,", () => {
    let earlier: Totals;

    before(async function () {
      this.timeout(900_000);
      await quicken();
      earlier = (await stack.stack.ledger()).totals ?? noTotals();
      const rolledBack = earlier.releases.rolled_back;
      await succeeds();
      await succeeds();
      await isTakenBack();
      await prometheus.becomes(total("rolled_back"), rolledBack + 1);
      await restartPushgateway();
      await succeeds();
      await succeeds();
      await succeeds();
      await isTakenBack();
      await prometheus.becomes(total("rolled_back"), rolledBack + 2);
      await restartPushgateway();
      await prometheus.becomes(total("success"), undefined);
      // What this one cannot push comes with the next one.
      const unheard = await succeeds(nowhere);
      assert.match(unheard.stderr, /The deployment metrics were not pushed: .*\n.*atom metrics push/);
      await succeeds();
      await succeeds();
      await prometheus.becomes(total("success"), earlier.releases.success + 8);
    });

    it("are exact in Prometheus, every counter", async () => {
      const shown = await stack.start(["metrics", "show"]).ended;
      const counters = countersIn(shown.stdout);
      assert.deepEqual(new Set(counters.map(({ name }) => name)), new Set(counterNames), shown.stdout);
      const increased = await Promise.all(
        counters.map(async ({ name, labels }) => {
          const selector = `${name}{${labels === "" ? "" : `${labels},`}job="atom",environment="${environment}"}`;
          // At the instant of its last sample: from there on `increase` extrapolates.
          const at = await prometheus.query(`timestamp(${selector})`);
          return [`${name}{${labels}}`, await prometheus.query(`round(increase(${selector}[1h]))`, at)];
        }),
      );
      assert.deepEqual(
        Object.fromEntries(increased),
        Object.fromEntries(counters.map(({ name, labels, value }) => [`${name}{${labels}}`, value])),
      );
    });

    it("are what happened", async () => {
      const { totals = noTotals() } = await stack.stack.ledger();
      const { success, failed, rolled_back: rolledBack } = earlier.releases;
      assert.ok(totals.releases.success >= success + 8);
      assert.deepEqual([totals.releases.failed, totals.releases.rolled_back], [failed, rolledBack + 2]);
      assert.equal(totals.changeFailures, earlier.changeFailures + 2);
      assert.ok(totals.queries.results.success > earlier.queries.results.success);
      // A good release has two smoke tests, a bad one the first of them.
      const passed = 2 * totals.releases.success + totals.releases.rolled_back;
      assert.deepEqual(totals.smokeTests, { passed, failed: 0 });
    });

    it("fill every panel of every dashboard, in its unit", async () => {
      const { settings, ...asked } = {
        settings: { ...(await settingsOf("local", "atom")), environment },
        prometheus: new URL(stack.stack.shared.cluster.prometheusUrl),
        range: 900,
        scrapeInterval: 2,
      };
      const dashboards = await askedDashboards({ ...asked, settings });
      if (process.env.UPDATE_PICTURES === "1") await writePictures({ ...asked, settings, folder: pictures });
      const wrong = dashboards.flatMap(({ name, answers }) =>
        answers.flatMap(({ query: { panel, refId, unit, expr }, series }) => {
          const values = series.flatMap(({ points }) => points.map(([, value]) => value));
          const problem = values.length === 0 ? "has no data" : misfit(unit, values);
          return problem === undefined ? [] : [`${name}, "${panel}" ${refId}: ${problem} (${expr})`];
        }),
      );
      assert.deepEqual(wrong, []);
      assert.equal(dashboards.length, 4);
    });
  });

  it("tell of a release while it runs", async () => {
    await changePlan(stack.stack, (plan) => ({
      ...quickPlan(plan),
      steps: [
        { percent: 50, wait: 1_000 },
        { pause: "approval", deadline: 600_000 },
        { percent: 100, wait: 1_000 },
      ],
    }));
    await stage(stack.stack);
    await using load = stack.load({ clients: 2, pauseMs: 20 });
    await using process = stack.start(["release", "--staged"], { METRICS_ENDPOINT });
    const { id, startedAt } = await stack.reaches(process, ["awaiting-approval"]);
    await prometheus.becomes(`canary_traffic_percentage{environment="${environment}",deployment_id="${id}"}`, 50);
    const since = `deployment_in_progress_since_timestamp_seconds{environment="${environment}"}`;
    await prometheus.becomes(since, Date.parse(startedAt) / 1000);
    const approved = await stack.start(["approve"]).ended;
    assert.equal(approved.code, 0, approved.stderr);
    assert.equal((await process.ended).code, 0);
    await load.stop();
    await prometheus.becomes(since, 0);
    await prometheus.becomes(`canary_traffic_percentage{environment="${environment}"}`, undefined);
  });

  it("go nowhere where nobody said where to", async () => {
    const { code, stderr } = await stack.start(["metrics", "push"], { METRICS_ENDPOINT: "" }).ended;
    assert.equal(code, 12);
    assert.match(stderr, /METRICS_ENDPOINT is not set/);
  });
});

const histograms = [
  "deployment_duration_seconds",
  "deployment_lead_time_seconds",
  "deployment_restore_duration_seconds",
  "prometheus_query_duration_seconds",
  "smoke_test_duration_seconds",
];
const counterNames = [
  "deployment_total",
  "deployment_rollback_total",
  "deployment_change_failures_total",
  "dashboard_update_total",
  "deployment_aborted_total",
  "deployment_superseded_total",
  "prometheus_query_total",
  "smoke_test_total",
  ...histograms.flatMap((name) => [`${name}_bucket`, `${name}_count`]),
];

/** Prometheus 3 writes an edge of 60 as 60.0, and a million as 1e+06. */
function edgeInPrometheus(edge: string): string {
  return Number(edge) < 1e6
    ? `${edge}.0`
    : Number(edge)
        .toExponential()
        .replace(/e\+(\d)$/, "e+0$1");
}

interface CounterSample {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

/** Whatever only grows, and by whole numbers: counters, and the buckets and counts of histograms. */
function countersIn(text: string): readonly CounterSample[] {
  const kinds = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", kind = ""]) => [name, kind]));
  return [...text.matchAll(/^([a-z_]+)\{(.*)\} (\S+)$/gm)].flatMap(([, name = "", all = "", value]) => {
    const family = name.replace(/_(bucket|count)$/, "");
    const counts = kinds.get(name) === "counter" || (family !== name && kinds.get(family) === "histogram");
    const labels = all
      .split(",")
      .filter((pair) => !pair.startsWith("environment="))
      .map((pair) => pair.replace(/^le="(\d+)"$/, (_whole, edge: string) => `le="${edgeInPrometheus(edge)}"`));
    return counts ? [{ name, labels: labels.join(","), value: Number(value) }] : [];
  });
}
