import { z } from "zod";
import { request } from "../../../delivery/http/request.ts";
import type { PanelQuery } from "./panel-queries.ts";

/** One series of an answer. */
export interface Series {
  /** As the panel's legend calls it. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since the Unix epoch, and the value; the oldest first. A single one from an instant query. */
  readonly points: readonly Point[];
}

export type Point = readonly [time: number, value: number];

/** A query with its answer. */
export interface Answered {
  readonly query: PanelQuery;
  readonly series: readonly Series[];
}

/** A stretch of time, in seconds since the Unix epoch. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const sample = z.tuple([z.number(), z.string()]).transform(([time, value]): Point => [time, Number(value)]);
const labels = z.record(z.string(), z.string());
const answer = z.object({
  data: z.discriminatedUnion("resultType", [
    z.object({ resultType: z.literal("vector"), result: z.array(z.object({ metric: labels, value: sample })) }),
    z.object({
      resultType: z.literal("matrix"),
      result: z.array(z.object({ metric: labels, values: z.array(sample) })),
    }),
  ]),
});

const timeoutMs = 30_000;

/** Asks Prometheus all queries, one after the other, as Grafana would. Throws at the first that it does not answer. */
export async function evaluated(
  queries: readonly PanelQuery[],
  prometheus: URL,
  range: Range,
  signal?: AbortSignal,
): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const query of queries) answers.push({ query, series: await ask(query, prometheus, range, signal) });
  return answers;
}

async function ask(
  query: PanelQuery,
  prometheus: URL,
  range: Range,
  signal: AbortSignal | undefined,
): Promise<Series[]> {
  const { expr, kind, step } = query;
  const base = prometheus.href.replace(/\/$/, "");
  const url = new URL(`${base}/api/v1/${kind === "range" ? "query_range" : "query"}`);
  const parameters =
    kind === "range" ? { query: expr, start: range.from, end: range.to, step } : { query: expr, time: range.to };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
  const { status, body } = await request({ url, timeoutMs, signal });
  if (status !== 200) throw new Error(`Prometheus answered ${status} to "${query.panel}" (${expr}): ${body}`);
  const { data } = answer.parse(JSON.parse(body));
  return data.resultType === "vector"
    ? data.result.map(({ metric, value }) => seriesOf(query, metric, [value]))
    : data.result.map(({ metric, values }) => seriesOf(query, metric, values));
}

function seriesOf(query: PanelQuery, metric: Readonly<Record<string, string>>, points: readonly Point[]): Series {
  const name = (query.legend ?? query.panel).replace(
    /\{\{\s*(\w+)\s*\}\}/g,
    (_whole, label: string) => metric[label] ?? "",
  );
  return { name, labels: metric, points };
}
