import { equalTo, type Matcher } from "./selector.ts";

/** Where requests are counted: which metric, and which of its series are bad. Data, so that another service brings its own. */
export type RequestSource = {
  /** A counter of requests by status: `http_requests_total`, or `istio_requests_total` for the gateway's view. */
  readonly metric: string;
  /** What marks a failed request: `{label: "status", op: "=~", value: "5.."}`. */
  readonly bad: Matcher;
  /** Matchers besides slot and template: namespace, job, reporter, … */
  readonly matchers: readonly Matcher[];
};

/** Where durations are counted. */
export type DurationSource = {
  /** The histogram's buckets: `http_request_duration_seconds_bucket`. */
  readonly metric: string;
  /** The bucket edges that count as within the limit, as written by the exporter: `["0.2"]`. */
  readonly edge: string;
  readonly matchers: readonly Matcher[];
};

/** Where a service's requests are counted, by the names of the service's contract. */
export interface Sources {
  readonly requests: RequestSource;
  readonly durations: Omit<DurationSource, "edge">;
  /** What finds the pods of both slots in `up`. */
  readonly targets: readonly Matcher[];
}

/** Routes that count for nothing: probes and scrapes are no users. A route is meant with all that lies below it. */
export const uncountedRoutes: readonly string[] = ["/health", "/metrics"];

/** The sources of a service: the same counters, and the same routes left out, for guard, gate, alerts and dashboards. */
export function sourcesOf(namespace: string, service: string): Sources {
  const targets = equalTo({ namespace, job: service });
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
