import type { CustomMetric } from "../../components/release-plan/release-plan.ts";
import { edgesOf, type Sources } from "../../components/slo/sources.ts";
import type { Period } from "../gate/counts.ts";
import {
  isProblem,
  readPeriod,
  readValue,
  slowAnswer,
  type CountAnswers,
  type Coverage,
  type Problem,
} from "../gate/measurement.ts";
import {
  badRequests,
  bucketCounts,
  fastRequests,
  podsScraped,
  timedRequests,
  totalRequests,
  type Tenant,
  type Window,
} from "../gate/queries.ts";
import { customMetricProblems, fillQuery, isPerSlot } from "./custom-metric.ts";
import type { Inquiry } from "./inquiry.ts";
import { seriesAtEdge } from "./edge-series.ts";

/** Who is compared, for how long, and how many pods must have been read. */
export interface Question {
  readonly candidate: Tenant;
  /** `null` where the active slot serves nothing by design. */
  readonly active: Tenant | null;
  readonly window: Window;
  /** The candidate's pods. */
  readonly pods: number;
}

/** How many of the candidate's pods were scraped twice in the window. */
export async function askCoverage(inquiry: Inquiry, sources: Sources, question: Question): Promise<Coverage | Problem> {
  const promql = podsScraped(sources.targets, question.candidate, question.window);
  const podsRead = readValue("pods scraped twice", await inquiry.ask("candidate pods scraped twice", promql));
  return isProblem(podsRead) ? podsRead : { pods: question.pods, podsRead };
}

/** Requests, and those answered with 5xx. */
export function askErrors(inquiry: Inquiry, { requests }: Sources, question: Question): Promise<Period | Problem> {
  return compare(question, async (who, tenant) => {
    const [total, bad] = await Promise.all([
      inquiry.ask(`requests of the ${who}`, totalRequests(requests, tenant, question.window)),
      inquiry.ask(`failed requests of the ${who}`, badRequests(requests, tenant, question.window)),
    ]);
    return { total, bad };
  });
}

/** Timed requests, and those that took longer than `slowAbove` seconds. */
export async function askSlow(
  inquiry: Inquiry,
  sources: Sources,
  question: Question,
  slowAbove: number,
): Promise<Period | Problem> {
  const edge = await findEdge(inquiry, sources, slowAbove, question.window.seconds);
  if (typeof edge !== "string") return edge;
  const durations = { ...sources.durations, edge };
  return compare(question, async (who, tenant) => {
    const [total, fast] = await Promise.all([
      inquiry.ask(`timed requests of the ${who}`, timedRequests(durations, tenant, question.window)),
      inquiry.ask(`fast requests of the ${who}`, fastRequests(durations, tenant, question.window)),
    ]);
    return { total, bad: slowAnswer(total, fast) };
  });
}

/** The counts of a custom metric; without the active slot where the metric does not tell the slots apart. */
export async function askCustom(inquiry: Inquiry, question: Question, metric: CustomMetric): Promise<Period | Problem> {
  const [wrong] = customMetricProblems(metric);
  if (wrong !== undefined) return { kind: "refused", detail: `${metric.name}.${wrong.query}: ${wrong.detail}.` };
  return compare(isPerSlot(metric) ? question : { ...question, active: null }, async (who, tenant) => {
    const [total, bad] = await Promise.all([
      inquiry.ask(`${metric.name}.total of the ${who}`, fillQuery(metric.total, tenant, question.window)),
      inquiry.ask(`${metric.name}.bad of the ${who}`, fillQuery(metric.bad, tenant, question.window)),
    ]);
    return { total, bad };
  });
}

/** For people: seconds in which 95 % of the tenant's requests were answered; `null` where that is not known. */
export async function askP95(
  inquiry: Inquiry,
  sources: Sources,
  who: string,
  tenant: Tenant | null,
  window: Window,
): Promise<number | null> {
  if (tenant === null) return null;
  const buckets = bucketCounts({ ...sources.durations, edge: "" }, tenant, window);
  const value = readValue("P95", await inquiry.ask(`P95 of the ${who}`, `histogram_quantile(0.95, ${buckets})`));
  return isProblem(value) ? null : value;
}

/**
 * The limit's edge as Prometheus writes it. An edge that does not exist would make every request slow.
 *
 * @param within how far back it is looked for, in seconds: as far as requests are counted
 */
export async function findEdge(
  inquiry: Inquiry,
  { durations }: Sources,
  seconds: number,
  within: number,
): Promise<string | Problem> {
  for (const edge of edgesOf(seconds)) {
    const series = readValue(
      "series at the edge",
      await inquiry.ask(`series at ${edge} s`, seriesAtEdge(durations, edge, within)),
    );
    if (isProblem(series)) return series;
    if (series > 0) return edge;
  }
  // Without any series there is no traffic, and no edge to be missed.
  const any = readValue(
    "series",
    await inquiry.ask("series of the histogram", seriesAtEdge(durations, "+Inf", within)),
  );
  if (isProblem(any)) return any;
  if (any === 0) return String(seconds);
  return {
    kind: "no_series",
    detail: `No bucket of the histogram ends at ${seconds} s; the latency limit must be an edge.`,
  };
}

async function compare(
  { candidate, active }: Pick<Question, "candidate" | "active">,
  counts: (who: "candidate" | "active slot", tenant: Tenant) => Promise<CountAnswers>,
): Promise<Period | Problem> {
  const [ofCandidate, ofActive] = await Promise.all([
    counts("candidate", candidate),
    active === null ? null : counts("active slot", active),
  ]);
  return readPeriod({ candidate: ofCandidate, active: ofActive });
}
