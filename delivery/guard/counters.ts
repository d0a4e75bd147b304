import { uncountedRoutes } from "../../components/slo/sources.ts";
import { ExpositionError, parseExposition, seriesKey, type ExpositionSample } from "./exposition.ts";

/** What the requests of a pod, or of several, add up to. Counts from zero or differences of such; whole numbers. */
export interface Counts {
  readonly requests: number;
  /** Of `requests`: answered with 5xx. */
  readonly errors: number;
  /** Requests whose duration was recorded. */
  readonly timed: number;
  /** Of `timed`: at most as many seconds as the key says, by the histogram's upper edges. */
  readonly within: ReadonlyMap<number, number>;
}

export const noCounts: Counts = { requests: 0, errors: 0, timed: 0, within: new Map() };

/** A pod's counters as one page showed them. */
export interface PodCounters {
  /** The value of each series, by its identity: what tells a restarted process from a running one. */
  readonly series: ReadonlyMap<string, number>;
  readonly counts: Counts;
  /** When the process says it started, in seconds since the Unix epoch. */
  readonly processStart: number | undefined;
}

const requestsTotal = "http_requests_total";
const durationCount = "http_request_duration_seconds_count";
const durationBucket = "http_request_duration_seconds_bucket";
const processStartTime = "process_start_time_seconds";
const wanted: ReadonlySet<string> = new Set([requestsTotal, durationCount, durationBucket, processStartTime]);

/** Whether requests to a route, or to a path below it, count. */
export function isCounted(route: string, ignored: readonly string[] = uncountedRoutes): boolean {
  return !ignored.some((parent) => route === parent || route.startsWith(`${parent}/`));
}

/**
 * Reads a pod's metrics page (the service's contract: `http_requests_total` and `http_request_duration_seconds`, both by `method`,
 * `route` and `status`). Throws ExpositionError for a page that breaks the format, or whose counters are not whole numbers from 0 on,
 * or that lacks a label: half a truth is not counted.
 */
export function readCounters(page: string, ignored: readonly string[] = uncountedRoutes): PodCounters {
  const series = new Map<string, number>();
  const within = new Map<number, number>();
  const histograms = new Map<string, Histogram>();
  let requests = 0;
  let errors = 0;
  let timed = 0;
  let processStart: number | undefined;
  for (const sample of parseExposition(page, wanted)) {
    if (sample.name === processStartTime) {
      if (Number.isFinite(sample.value)) processStart = sample.value;
      continue;
    }
    const value = wholeNumber(sample);
    if (!isCounted(label(sample, "route"), ignored)) continue;
    series.set(seriesKey(sample), value);
    if (sample.name === requestsTotal) {
      requests += value;
      if (/^5(\d\d|xx)$/i.test(label(sample, "status"))) errors += value;
    } else if (sample.name === durationCount) {
      timed += value;
      histogramOf(histograms, sample).count = value;
    } else {
      const edge = upperEdge(sample);
      histogramOf(histograms, sample).buckets.push({ edge, value });
      if (edge !== Infinity) within.set(edge, (within.get(edge) ?? 0) + value);
    }
  }
  for (const [key, histogram] of histograms) checkHistogram(key, histogram);
  return { series, counts: { requests, errors, timed, within }, processStart };
}

export function add(a: Counts, b: Counts): Counts {
  return combine(a, b, (x, y) => x + y);
}

/** What `later` has beyond `earlier`. */
export function subtract(later: Counts, earlier: Counts): Counts {
  return combine(later, earlier, (x, y) => x - y);
}

/**
 * Requests slower than `threshold` seconds: those timed, less those of the bucket that ends there. `undefined` where requests
 * were timed but no bucket ends there: a neighbouring edge would judge another threshold.
 */
export function slowerThan(counts: Counts, threshold: number): number | undefined {
  if (counts.timed === 0) return 0;
  const within = counts.within.get(threshold);
  return within === undefined ? undefined : counts.timed - within;
}

function combine(a: Counts, b: Counts, by: (x: number, y: number) => number): Counts {
  const within = new Map<number, number>();
  for (const edge of new Set([...a.within.keys(), ...b.within.keys()]))
    within.set(edge, by(a.within.get(edge) ?? 0, b.within.get(edge) ?? 0));
  return { requests: by(a.requests, b.requests), errors: by(a.errors, b.errors), timed: by(a.timed, b.timed), within };
}

/** The buckets of one histogram, and how many values they hold in all. */
interface Histogram {
  readonly buckets: { readonly edge: number; readonly value: number }[];
  count: number | undefined;
}

function histogramOf(histograms: Map<string, Histogram>, sample: ExpositionSample): Histogram {
  const labels = Object.fromEntries(Object.entries(sample.labels).filter(([name]) => name !== "le"));
  const key = seriesKey({ name: durationCount, labels });
  const histogram = histograms.get(key) ?? { buckets: [], count: undefined };
  histograms.set(key, histogram);
  return histogram;
}

/** Each bucket holds what the ones below it hold, and none more than there were: else more requests were fast than there were. */
function checkHistogram(key: string, { buckets, count }: Histogram): void {
  if (buckets.length > 0 && count === undefined) throw new ExpositionError(0, `has buckets and no ${key}`);
  let below = 0;
  for (const { edge, value } of buckets.toSorted((a, b) => a.edge - b.edge)) {
    const most = count ?? 0;
    if (value > most) throw new ExpositionError(0, `has ${value} in a bucket of ${key}, which counts ${most}`);
    if (value < below)
      throw new ExpositionError(0, `has ${value} in the bucket ${edge} s of ${key}, and ${below} in one below it`);
    below = value;
  }
}

function label(sample: ExpositionSample, name: string): string {
  const value = sample.labels[name];
  if (value === undefined) throw new ExpositionError(0, `has ${seriesKey(sample)} without the label ${name}`);
  return value;
}

function upperEdge(sample: ExpositionSample): number {
  const text = label(sample, "le");
  const edge = text === "+Inf" ? Infinity : Number(text);
  if (Number.isNaN(edge)) throw new ExpositionError(0, `has ${seriesKey(sample)}, whose edge is not a number`);
  return edge;
}

function wholeNumber(sample: ExpositionSample): number {
  if (!Number.isSafeInteger(sample.value) || sample.value < 0)
    throw new ExpositionError(0, `has ${seriesKey(sample)} at ${sample.value}, where a count is due`);
  return sample.value;
}
