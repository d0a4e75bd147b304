import assert from "node:assert/strict";
import type { CustomMetric } from "../../../components/release-plan/release-plan.ts";
import { checkMetrics } from "../../../delivery/prometheus/check-metrics.ts";
import { deafUrl, serve } from "../support/loopback.ts";
import { releasePlan } from "../support/plans.ts";
import { answerVector, clientOf, parametersOf } from "./fake-prometheus.ts";

const never = new AbortController().signal;
const tenant = { slot: "green", template: "aaaaaaaaaaaa" };

function planWith(...metrics: readonly CustomMetric[]): ReturnType<typeof releasePlan> {
  return releasePlan({ thresholds: { ...releasePlan().thresholds, metrics: [...metrics] } });
}

function metric(name: string, bad = "sum(bad[{{window}}])"): CustomMetric {
  return { name, bad, total: "sum(total[{{window}}])", max: 0.01, policy: "warn" };
}

/** Checks against a Prometheus that knows the histogram's edges, and answers one number to everything else. */
async function check(plan: ReturnType<typeof planWith>, edges: readonly string[]): Promise<readonly string[]> {
  await using server = await serve((request, response) => {
    const edge = /^count\(last_over_time\(http_request_duration.*le="([^"]+)"/.exec(
      parametersOf(request).query ?? "",
    )?.[1];
    answerVector(response, edge === undefined || edges.includes(edge) ? 3 : 0);
  });
  using test = clientOf(server.url, { deadlineMs: 3_000 });
  return await checkMetrics(plan, test, tenant, never);
}

describe("a plan's metrics, before a release", () => {
  it("are fine when each can be judged, also before there is any request", async () => {
    assert.deepEqual(await check(planWith(metric("jobs")), ["0.2", "+Inf"]), []);
    assert.deepEqual(await check(planWith(), []), []);
  });

  it("are refused for a latency limit that is no edge of the histogram", async () => {
    assert.deepEqual(await check(planWith(), ["0.1", "0.25", "+Inf"]), [
      "No bucket of the histogram ends at 0.2 s; the latency limit must be an edge.",
    ]);
  });

  it("are refused for a query that makes no sense, and for a name that another metric has", async () => {
    const plan = planWith(metric("jobs"), metric("jobs"), metric("latency"), metric("mails", "sum(bad[10m])"));
    assert.deepEqual(await check(plan, ["0.2", "+Inf"]), [
      "There are several custom metrics named jobs.",
      "A custom metric cannot be named latency.",
      "mails.bad: it must range over [{{window}}], which is the time since the step began",
    ]);
  });

  it("are not refused for a Prometheus that is away, but custom ones are where there is none at all", async () => {
    using away = clientOf(await deafUrl(), { deadlineMs: 3_000 });
    assert.deepEqual(await checkMetrics(planWith(metric("jobs")), away, tenant, never), []);
    const none = { why: "neither the plan nor PROMETHEUS_URL names one" };
    assert.deepEqual(await checkMetrics(planWith(), none, tenant, never), []);
    assert.deepEqual(await checkMetrics(planWith(metric("jobs")), none, tenant, never), [
      "Custom metrics need a Prometheus, and there is none: neither the plan nor PROMETHEUS_URL names one.",
    ]);
    const meant = {
      ...planWith(metric("jobs")),
      prometheus: releasePlan({ prometheus: { url: "http://prometheus.test", scrapeInterval: 1_000 } }).prometheus,
    };
    assert.deepEqual(await checkMetrics(meant, { why: "PROMETHEUS_TOKEN is not set" }, tenant, never), []);
  });
});
