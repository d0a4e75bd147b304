// What users got: requests, failed ones, slow ones. Alerts and dashboards ask by these alone; the gate counts the same series.
import { quantileOf, rate, shareOf, sumBy, type Range } from "./promql.ts";
import { write, type Matcher } from "./selector.ts";
import { edgesOf, sourcesOf } from "./sources.ts";

/** Whose requests. Dashboards may put variables here, such as `$namespace`. */
export interface ServiceScope {
  readonly namespace: string;
  readonly service: string;
}

/** What a query is asked for. */
export interface ServiceQuestion {
  readonly scope: ServiceScope;
  readonly range: Range;
  /** Labels to tell apart, besides the service: `["route"]`, `["method", "route"]`, `["version"]`. @default none */
  readonly by?: readonly string[];
  /** Which of the requests. @default all but probes and scrapes */
  readonly only?: readonly Matcher[];
}

/** Requests per second. */
export function requestRate(question: ServiceQuestion): string {
  return summed(question, requestsOf(question));
}

/** Requests per second that were answered with 5xx. There is no series without one. */
export function failedRate(question: ServiceQuestion): string {
  const { bad } = sourcesOf(question.scope.namespace, question.scope.service).requests;
  return summed(question, [...requestsOf(question), bad]);
}

/** Requests per second whose time was taken. */
export function timedRate(question: ServiceQuestion): string {
  return summedBuckets(question, { label: "le", op: "=", value: "+Inf" });
}

/** Requests per second that took at most this many seconds: an edge of the histogram. */
export function fastRate(question: ServiceQuestion, seconds: number): string {
  return summedBuckets(question, edgeMatcher(seconds));
}

/** Requests per second that took longer than this many seconds. Without an edge there, there is no series: it is not known. */
export function slowRate(question: ServiceQuestion, seconds: number): string {
  return `(${timedRate(question)} - ${fastRate(question, seconds)})`;
}

/** Share of the requests that was answered with 5xx, as a fraction: 0 without a single one, no series without requests. */
export function failedShare(question: ServiceQuestion): string {
  return shareOf(failedRate(question), requestRate(question));
}

/** Share of the requests that took longer than this many seconds, as a fraction: exact, because it is read at an edge. */
export function slowShare(question: ServiceQuestion, seconds: number): string {
  return `${slowRate(question, seconds)} / (${timedRate(question)} > 0)`;
}

/** Share of the requests that took at most this many seconds, as a fraction. */
export function fastShare(question: ServiceQuestion, seconds: number): string {
  return `${fastRate(question, seconds)} / (${timedRate(question)} > 0)`;
}

/** A quantile of the time that requests took, in seconds. Between two edges it is guessed: for people, not for verdicts. */
export function latencyAt(quantile: number, question: ServiceQuestion): string {
  const { metric } = sourcesOf(question.scope.namespace, question.scope.service).durations;
  const buckets = { metric, matchers: requestsOf(question) };
  return quantileOf(quantile, sumBy([...labelsOf(question), "le"], rate(buckets, question.range)));
}

/** How many pods of the service Prometheus reads. There is no series where it reads none. */
export function podsUp({ scope, by = [] }: Pick<ServiceQuestion, "scope" | "by">): string {
  const { targets } = sourcesOf(scope.namespace, scope.service);
  const up = write({ metric: "up", matchers: targets });
  return `count by (${[...serviceLabels, ...by].join(", ")}) (${up} == 1)`;
}

/** Labels that every answer has. */
const serviceLabels = ["namespace", "job"] as const;

function labelsOf({ by = [] }: ServiceQuestion): readonly string[] {
  return [...serviceLabels, ...by];
}

function requestsOf({ scope, only = [] }: ServiceQuestion): readonly Matcher[] {
  return [...sourcesOf(scope.namespace, scope.service).requests.matchers, ...only];
}

function summed(question: ServiceQuestion, matchers: readonly Matcher[]): string {
  const { metric } = sourcesOf(question.scope.namespace, question.scope.service).requests;
  return sumBy(labelsOf(question), rate({ metric, matchers }, question.range));
}

function summedBuckets(question: ServiceQuestion, edge: Matcher): string {
  const { metric } = sourcesOf(question.scope.namespace, question.scope.service).durations;
  return sumBy(labelsOf(question), rate({ metric, matchers: [...requestsOf(question), edge] }, question.range));
}

/** The edge in either form that a Prometheus may store it in. */
function edgeMatcher(seconds: number): Matcher {
  const [first = "", ...others] = edgesOf(seconds);
  if (others.length === 0) return { label: "le", op: "=", value: first };
  const pattern = [first, ...others].map((edge) => edge.replaceAll(".", "\\.")).join("|");
  return { label: "le", op: "=~", value: pattern };
}
