import { uncountedRoutes } from "../guard/counters.ts";
import { write, type DurationSource, type Matcher, type RequestSource } from "../gate/queries.ts";

/** Where a service's requests are counted, by the names of the service's contract. */
export interface Sources {
  readonly requests: RequestSource;
  readonly durations: Omit<DurationSource, "edge">;
  /** What finds the pods of both slots in `up`. */
  readonly targets: readonly Matcher[];
}

/** The sources of a service: the same counters, and the same routes left out, as in the guard. */
export function sourcesOf(namespace: string, service: string): Sources {
  const targets: Matcher[] = [
    { label: "namespace", op: "=", value: namespace },
    { label: "job", op: "=", value: service },
  ];
  const uncounted: Matcher = { label: "route", op: "!~", value: `(${uncountedRoutes.join("|")})(/.*)?` };
  const matchers = [...targets, uncounted];
  return {
    requests: { metric: "http_requests_total", bad: { label: "status", op: "=~", value: "5(..|xx)" }, matchers },
    durations: { metric: "http_request_duration_seconds_bucket", matchers },
    targets,
  };
}

/**
 * How a histogram's edge may be written: Prometheus 3 stores `le="1.0"` where the page says `le="1"`, Prometheus 2 stores what the page
 * says.
 */
export function edgesOf(seconds: number): readonly string[] {
  return Number.isInteger(seconds) ? [`${seconds}.0`, String(seconds)] : [String(seconds)];
}

/**
 * How many series a histogram had at an edge within these last seconds: 0 tells an edge that does not exist from one under which no request
 * fell. Not those of the instant: where every pod misses a scrape there are none, and what is counted over the window is there all the same.
 */
export function seriesAtEdge({ metric, matchers }: Sources["durations"], edge: string, seconds: number): string {
  const series = write({ metric, matchers: [...matchers, { label: "le", op: "=", value: edge }] });
  return `count(last_over_time(${series}[${seconds}s])) or vector(0)`;
}
