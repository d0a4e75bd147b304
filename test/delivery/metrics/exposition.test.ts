import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { reasons } from "../../../components/ledger/release-record.ts";
import { metricsOf } from "../../../delivery/metrics/exposition.ts";
import { withRelease } from "../../../delivery/metrics/count.ts";
import { silentReporter } from "../../../platform/progress.ts";
import { ensureTools } from "../../../platform/toolchain/ensure.ts";
import { FIRST_START_MS } from "../../support/control-plane.ts";
import { at, ledgerWith, past, underWay } from "../ledger/ledgers.ts";

/** R9's names and types, and what it leaves to us. */
const types = {
  deployment_total: "counter",
  deployment_duration_seconds: "histogram",
  deployment_rollback_total: "counter",
  smoke_test_total: "counter",
  smoke_test_duration_seconds: "histogram",
  prometheus_query_total: "counter",
  prometheus_query_duration_seconds: "histogram",
  canary_traffic_percentage: "gauge",
  deployment_last_completion_timestamp_seconds: "gauge",
  deployment_last_success_timestamp_seconds: "gauge",
  deployment_in_progress_since_timestamp_seconds: "gauge",
  deployment_change_failures_total: "counter",
  dashboard_update_total: "counter",
  deployment_aborted_total: "counter",
  deployment_superseded_total: "counter",
  deployment_lead_time_seconds: "histogram",
  deployment_restore_duration_seconds: "histogram",
};

function linesOf(text: string, name: string): string[] {
  return text.split("\n").filter((line) => new RegExp(`^${name}(_bucket|_sum|_count)?\\{`).test(line));
}

describe("the deployment metrics", () => {
  const fresh = metricsOf(ledgerWith(), "staging");

  it("have the names and types that R9 gives them", () => {
    const told = [...fresh.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]);
    assert.deepEqual(Object.fromEntries(told), types);
  });

  it("are there with every value of every label, at 0, before anything happened", () => {
    assert.deepEqual(linesOf(fresh, "deployment_total"), [
      'deployment_total{environment="staging",status="success"} 0',
      'deployment_total{environment="staging",status="failed"} 0',
      'deployment_total{environment="staging",status="rolled_back"} 0',
    ]);
    assert.equal(linesOf(fresh, "deployment_rollback_total").length, reasons.length);
    assert.equal(linesOf(fresh, "smoke_test_total").length, 2);
    assert.equal(linesOf(fresh, "prometheus_query_total").length, 3);
    for (const line of fresh.split("\n").filter((each) => each !== "" && !each.startsWith("#")))
      assert.match(line, / 0$/);
  });

  it("have the buckets that R9 gives them, each with all that is below its edge", () => {
    const edges = (name: string): string[] =>
      [...fresh.matchAll(new RegExp(`${name}_bucket.*le="([^"]+)"`, "g"))].map(([, le = ""]) => le);
    assert.deepEqual(edges("deployment_duration_seconds"), ["60", "120", "300", "600", "1800", "3600", "+Inf"]);
    assert.deepEqual(edges("smoke_test_duration_seconds"), ["10", "30", "60", "120", "300", "+Inf"]);
    assert.deepEqual(edges("prometheus_query_duration_seconds"), ["0.1", "0.5", "1", "2", "5", "10", "+Inf"]);
    const endedAt = new Date(Date.parse(at) + 90_000).toISOString();
    const totals = withRelease(withRelease(undefined, past("r1")), past("r2", { endedAt }));
    assert.deepEqual(linesOf(metricsOf(ledgerWith({ totals }), "staging"), "deployment_duration_seconds"), [
      'deployment_duration_seconds_bucket{environment="staging",le="60"} 1',
      ...["120", "300", "600", "1800", "3600", "+Inf"].map(
        (le) => `deployment_duration_seconds_bucket{environment="staging",le="${le}"} 2`,
      ),
      'deployment_duration_seconds_sum{environment="staging"} 90',
      'deployment_duration_seconds_count{environment="staging"} 2',
    ]);
  });

  it("tell the candidate's share of a release under way, and when releases last ended", () => {
    const current = underWay({ id: "r7" });
    const releases = [past("r6", { outcome: "rolled-back", endedAt: "2026-01-02T00:00:00.000Z" }), past("r5")];
    const text = metricsOf(
      ledgerWith({ current: { ...current, state: { ...current.state, percent: 50 } }, releases }),
      "staging",
    );
    assert.deepEqual(linesOf(text, "canary_traffic_percentage"), [
      'canary_traffic_percentage{environment="staging",deployment_id="r7"} 50',
    ]);
    assert.deepEqual(linesOf(text, "deployment_in_progress_since_timestamp_seconds"), [
      'deployment_in_progress_since_timestamp_seconds{environment="staging"} 1767225600',
    ]);
    assert.deepEqual(linesOf(text, "deployment_last_\\w+"), [
      'deployment_last_completion_timestamp_seconds{environment="staging"} 1767312000',
      'deployment_last_success_timestamp_seconds{environment="staging"} 1767225600',
    ]);
  });

  it("cannot be broken by an environment's name", () => {
    assert.match(
      metricsOf(ledgerWith(), 'a"b\\c\nd'),
      /^deployment_total\{environment="a\\"b\\\\c\\nd",status="success"\} 0$/m,
    );
  });

  it("are read by promtool", async function () {
    this.timeout(FIRST_START_MS);
    const promtool = (await ensureTools(["prometheus"], { reporter: silentReporter })).path("promtool");
    const text = metricsOf(ledgerWith({ current: underWay(), totals: withRelease(undefined, past("r1")) }), "staging");
    const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
      const child = execFile(promtool, ["check", "metrics"], (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, output: `${stdout}${stderr}` });
      });
      child.stdin?.end(text);
    });
    // The lint of names would have a ratio; R9 has a percentage.
    const remarks = output.split("\n").filter((line) => line !== "" && !line.startsWith("canary_traffic_percentage "));
    assert.deepEqual(remarks, [], output);
    assert.ok(code === 0 || code === 3, output);
  });
});
