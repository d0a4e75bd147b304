import { write } from "../../components/slo/selector.ts";
import type { Sources } from "../../components/slo/sources.ts";

/**
 * How many series a histogram had at an edge within these last seconds: 0 tells an edge that does not exist from one under which no request
 * fell. Not those of the instant: where every pod misses a scrape there are none, and what is counted over the window is there all the same.
 */
export function seriesAtEdge({ metric, matchers }: Sources["durations"], edge: string, seconds: number): string {
  const series = write({ metric, matchers: [...matchers, { label: "le", op: "=", value: edge }] });
  return `count(last_over_time(${series}[${seconds}s])) or vector(0)`;
}
