import type { CustomMetric } from "../../components/release-plan/release-plan.ts";
import type { Tenant, Window } from "../gate/queries.ts";
import { readValue, isProblem } from "../gate/measurement.ts";
import type { PrometheusClient } from "./client.ts";

/** What stands in a custom metric's PromQL for whose requests are meant, and since when. */
export const placeholders = ["slot", "template", "window"] as const;

type Placeholder = (typeof placeholders)[number];

/** One thing that is wrong with a custom metric. */
export interface CustomMetricProblem {
  readonly metric: string;
  readonly query: "bad" | "total";
  /** For people: what is wrong, and what to write instead. */
  readonly detail: string;
}

const placeholder = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** The query of one slot in a window, for instance `[{{window}}]` as `[37s]`. Throws a SyntaxError for a placeholder that does not exist. */
export function fillQuery(promql: string, { slot, template }: Tenant, { seconds }: Window): string {
  const values: Record<Placeholder, string> = { slot, template, window: `${seconds}s` };
  return promql.replace(placeholder, (_, name: string) => {
    const known = placeholders.find((one) => one === name);
    if (known === undefined) throw new SyntaxError(`{{${name}}} stands for nothing; known are ${listed()}`);
    return values[known];
  });
}

/** Whether a metric tells the slots apart, so that the active slot's counts can be compared with. */
export function isPerSlot({ bad, total }: CustomMetric): boolean {
  return [bad, total].every((query) => namesIn(query).some((name) => name === "slot" || name === "template"));
}

/** What can be said against a metric without asking Prometheus. */
export function customMetricProblems(metric: CustomMetric): readonly CustomMetricProblem[] {
  return (["bad", "total"] as const).flatMap((query) => {
    const found = (detail: string): CustomMetricProblem => ({ metric: metric.name, query, detail });
    const names = namesIn(metric[query]);
    const strange = names.filter((name) => !placeholders.some((one) => one === name));
    if (strange.length > 0) return [found(`{{${strange.join("}}, {{")}}} stands for nothing; known are ${listed()}`)];
    // Any other window would dilute the step, or count the last one's requests.
    if (!names.includes("window"))
      return [found("it must range over [{{window}}], which is the time since the step began")];
    return [];
  });
}

/**
 * Tries a release's custom metrics before it begins: each query must be accepted and answer exactly one finite number, also while the candidate
 * has served nothing. Problems of Prometheus itself are none of the metric.
 */
export async function tryCustomMetrics(
  client: PrometheusClient,
  metrics: readonly CustomMetric[],
  candidate: Tenant,
  signal: AbortSignal,
): Promise<readonly CustomMetricProblem[]> {
  const found = await Promise.all(
    metrics.map(async (metric) => {
      const still = customMetricProblems(metric);
      if (still.length > 0) return still;
      return (
        await Promise.all(
          (["bad", "total"] as const).map((query) => tryQuery(client, metric, query, candidate, signal)),
        )
      ).flat();
    }),
  );
  return found.flat();
}

async function tryQuery(
  client: PrometheusClient,
  metric: CustomMetric,
  query: "bad" | "total",
  candidate: Tenant,
  signal: AbortSignal,
): Promise<readonly CustomMetricProblem[]> {
  const { answer } = await client.query(fillQuery(metric[query], candidate, { seconds: 60 }), signal);
  const value = readValue(`${metric.name}.${query}`, answer);
  if (!isProblem(value)) return [];
  const advice: Partial<Record<typeof value.kind, string>> = {
    no_series: " Sum it and end it with `or vector(0)`: until the first such request there is no series.",
    several_series: " Wrap it in sum(…).",
    not_finite: " Ask for a count; a ratio has no value without traffic.",
    refused: "",
  };
  const hint = advice[value.kind];
  return hint === undefined ? [] : [{ metric: metric.name, query, detail: `${value.detail}${hint}` }];
}

function namesIn(promql: string): readonly string[] {
  return [...promql.matchAll(placeholder)].map(([, name = ""]) => name);
}

function listed(): string {
  return placeholders.map((name) => `{{${name}}}`).join(", ");
}
