import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { sourcesOf } from "../../components/slo/sources.ts";
import type { Tenant } from "../gate/queries.ts";
import type { PrometheusClient } from "./client.ts";
import { tryCustomMetrics } from "./custom-metric.ts";
import { Inquiry } from "./inquiry.ts";
import { findEdge } from "./slot-counts.ts";

/** Names that judgements and warnings use already. */
const taken = ["errorRate", "latency", "restarts", "pods", "guard", "weight"];

/** How far back the histogram's edges are looked for, in seconds: Prometheus' own lookback. */
const lookback = 300;

type CheckedPlan = Pick<ReleasePlan, "namespace" | "service" | "thresholds" | "prometheus">;

/**
 * What is wrong with a plan's metrics, one sentence each, so that a release is refused before it begins instead of being held by a metric
 * that cannot be judged. A Prometheus that is away or degraded is none of the plan's fault: its own policy says what comes of that.
 *
 * @param prometheus or why there is none to ask
 * @param tenant whose requests custom metrics are tried with: a slot, and a template that need not have served
 */
export async function checkMetrics(
  plan: CheckedPlan,
  prometheus: { readonly client: PrometheusClient } | { readonly why: string },
  tenant: Tenant,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { metrics } = plan.thresholds;
  const named = misnamed(metrics.map(({ name }) => name));
  if ("why" in prometheus) {
    const unjudged = plan.prometheus === null && metrics.length > 0;
    return unjudged ? [...named, `Custom metrics need a Prometheus, and there is none: ${prometheus.why}.`] : named;
  }
  const [tried, edge] = await Promise.all([
    tryCustomMetrics(prometheus.client, metrics, tenant, signal),
    checkEdge(plan, prometheus.client, signal),
  ]);
  return [...named, ...edge, ...tried.map(({ metric, query, detail }) => `${metric}.${query}: ${detail}`)];
}

function misnamed(names: readonly string[]): readonly string[] {
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [
    ...[...twice].map((name) => `There are several custom metrics named ${name}.`),
    ...names.filter((name) => taken.includes(name)).map((name) => `A custom metric cannot be named ${name}.`),
  ];
}

/** What pods that serve now show; without any, the first measurement of a step tells. */
async function checkEdge(
  { namespace, service, thresholds }: CheckedPlan,
  client: PrometheusClient,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const inquiry = new Inquiry(client, undefined, signal);
  const edge = await findEdge(inquiry, sourcesOf(namespace, service), thresholds.latency.seconds, lookback);
  return typeof edge !== "string" && edge.kind === "no_series" ? [edge.detail] : [];
}
