import { write, type Matcher, type Selector } from "../../components/slo/selector.ts";
import type { DurationSource, RequestSource } from "../../components/slo/sources.ts";

/** Whose series. Slot *and* template, because the slot's previous tenant is still in the window of its first minutes. */
export type Tenant = { readonly slot: string; readonly template: string };

/** A length of time that is long enough to be judged, in whole seconds. Made by {@link windowSince} alone. */
export type Window = { readonly seconds: number };

/** Scrapes that a window must hold: Prometheus 3 leaves the window's left end open, and a slow target misses one. */
const SCRAPES = 4;

/**
 * The window from the step's beginning until now, so that one step's errors are neither diluted by the last step's traffic nor
 * counted twice. `secondsLeft` when it is still shorter than four scrapes.
 *
 * @param elapsed Seconds since the weight took effect.
 * @param scrapeInterval Seconds between two scrapes of a pod.
 * @throws RangeError when the scrape interval is not above 0, or a number is NaN.
 */
export function windowSince(elapsed: number, scrapeInterval: number): Window | { readonly secondsLeft: number } {
  if (!(scrapeInterval > 0)) throw new RangeError(`A scrape interval is above 0 s; got ${scrapeInterval}.`);
  if (Number.isNaN(elapsed)) throw new RangeError("The time since the step began is not a number.");
  const shortest = SCRAPES * scrapeInterval;
  if (elapsed < shortest) return { secondsLeft: shortest - Math.max(0, elapsed) };
  return { seconds: Math.floor(elapsed) };
}

/** All requests of a tenant in the window. One series, always: 0 where there is none. */
export function totalRequests(source: RequestSource, tenant: Tenant, window: Window): string {
  return count({ metric: source.metric, matchers: [...source.matchers, ...of(tenant)] }, window);
}

/** The tenant's failed requests in the window. Asked apart from the total: a ratio would be NaN without traffic, and vanish without errors. */
export function badRequests(source: RequestSource, tenant: Tenant, window: Window): string {
  return count({ metric: source.metric, matchers: [...source.matchers, ...of(tenant), source.bad] }, window);
}

/** All timed requests: the bucket without a limit, so that it comes from the same scrape as {@link fastRequests}. */
export function timedRequests(source: DurationSource, tenant: Tenant, window: Window): string {
  return count(bucket(source, tenant, "+Inf"), window);
}

/** Timed requests within the limit. The slow ones are the difference; an answer of 0 with traffic means that no request was fast. */
export function fastRequests(source: DurationSource, tenant: Tenant, window: Window): string {
  return count(bucket(source, tenant, source.edge), window);
}

/** The counts of every bucket edge, one series per `le`, for people: see `quantile`. */
export function bucketCounts(source: DurationSource, tenant: Tenant, window: Window): string {
  const selector: Selector = { metric: source.metric, matchers: [...source.matchers, ...of(tenant)] };
  return `sum by (le) (${growth(write(selector), window)})`;
}

/**
 * How many of the tenant's pods were scraped with success at least twice in the window. A pod that refuses connections has
 * `up` = 0 and does not count, nor does one that has just come.
 */
export function podsScraped(matchers: readonly Matcher[], tenant: Tenant, window: Window): string {
  const up = write({ metric: "up", matchers: [...matchers, ...of(tenant)] });
  return `count(sum_over_time(${up}[${window.seconds}s]) >= 2) or vector(0)`;
}

function of({ slot, template }: Tenant): readonly Matcher[] {
  return [
    { label: "slot", op: "=", value: slot },
    { label: "template", op: "=", value: template },
  ];
}

function bucket(source: DurationSource, tenant: Tenant, edge: string): Selector {
  return {
    metric: source.metric,
    matchers: [...source.matchers, ...of(tenant), { label: "le", op: "=", value: edge }],
  };
}

function count(selector: Selector, window: Window): string {
  return `sum(${growth(write(selector), window)}) or vector(0)`;
}

/** How far before the window a series' last value is looked for: Prometheus' own lookback. */
const LOOKBACK = "5m";

/**
 * How much each series grew in the window, exactly where that is possible:
 *
 * - no restart, known before the window: last − before. (`increase` would extrapolate 30 errors to 34.)
 * - no restart, born in the window: all of it. (`increase` is 0 for an error series that is born with 30 errors.)
 * - restarted: `increase`, which knows resets, plus the first value seen of a series born in the window.
 *
 * A value before the window that is above the lowest one within is of a process that is gone: then all in the window is new.
 * `last_over_time` rather than instant values, because those vanish with a pod, and for the length of a failed scrape.
 */
function growth(series: string, { seconds }: Window): string {
  const range = `${series}[${seconds}s]`;
  const before = `last_over_time(${series}[${LOOKBACK}] offset ${seconds}s)`;
  const restarted = `(resets(${range}) > 0)`;
  return [
    `last_over_time(${range}) - (${before} <= min_over_time(${range})) unless ${restarted}`,
    `last_over_time(${range}) unless ${restarted}`,
    `(increase(${range}) and ${restarted}) + (min_over_time(${range}) unless ${before})`,
    `increase(${range})`,
  ].join(" or ");
}
