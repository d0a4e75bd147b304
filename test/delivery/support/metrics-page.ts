/** What a pod answered: how many requests, how, and how long each took. */
export interface Served {
  readonly count: number;
  /** @default 200 */
  readonly status?: number;
  /** @default "/api/skills" */
  readonly route?: string;
  /** Seconds. @default 0.05 */
  readonly seconds?: number;
}

export interface PageOptions {
  /** When the process says it started, in seconds since the Unix epoch. @default it does not say */
  readonly processStart?: number;
  /** @default 0.1 0.2 0.5 1 +Inf */
  readonly edges?: readonly string[];
  /** Lines before the rest, each with its line feed. */
  readonly extra?: string;
}

/** A metrics page in the form of the service's contract. */
export function metricsPage(
  served: readonly Served[],
  { processStart, edges = ["0.1", "0.2", "0.5", "1", "+Inf"], extra = "" }: PageOptions = {},
): string {
  const series = new Map<string, number>();
  const add = (key: string, count: number): void => {
    series.set(key, (series.get(key) ?? 0) + count);
  };
  if (processStart !== undefined) add("process_start_time_seconds", processStart);
  for (const { count, status = 200, route = "/api/skills", seconds = 0.05 } of served) {
    const labels = `method="GET",route="${route}",status="${status}"`;
    add(`http_requests_total{${labels}}`, count);
    add(`http_request_duration_seconds_count{${labels}}`, count);
    for (const le of edges)
      add(
        `http_request_duration_seconds_bucket{${labels},le="${le}"}`,
        le === "+Inf" || seconds <= Number(le) ? count : 0,
      );
  }
  return extra + [...series].map(([key, value]) => `${key} ${value}\n`).join("");
}
