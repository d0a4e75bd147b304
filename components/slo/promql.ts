import { write, type Selector } from "./selector.ts";

/** A length of time as PromQL writes it, such as `5m`, or a variable of a dashboard, such as `$__rate_interval`. */
export type Range = string;

/** `sum by (labels) (expression)`. */
export function sumBy(labels: readonly string[], expression: string): string {
  return `sum by (${labels.join(", ")}) (${expression})`;
}

/** Events per second. It knows a counter's resets. */
export function rate(selector: Selector, range: Range): string {
  return `rate(${write(selector)}[${range}])`;
}

/** Events within the range. It knows a counter's resets; a counter that comes back with the total it had has no increase. */
export function increase(selector: Selector, range: Range): string {
  return `increase(${write(selector)}[${range}])`;
}

/** `part`, and 0 where there is `whole` alone: without a single bad event there is no series to be counted. */
export function orZero(part: string, whole: string): string {
  return `(${part} or 0 * ${whole})`;
}

/**
 * The share of `part` in `whole`. It is 0 where `part` has no series, and there is none at all where `whole` is 0 or missing: a share of
 * nothing is neither good nor bad. Both must have the same labels.
 */
export function shareOf(part: string, whole: string): string {
  return `${orZero(part, whole)} / (${whole} > 0)`;
}

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** Milliseconds as Prometheus writes a length of time, in the largest unit that tells it whole: `5m`, `3d`, `1500ms`, `0s`. */
export function rangeOf(milliseconds: number): Range {
  if (milliseconds === 0) return "0s";
  const [unit, size] = units.find(([, each]) => milliseconds % each === 0) ?? ["ms", 1];
  return `${milliseconds / size}${unit}`;
}

/** A quantile of a histogram's buckets, in seconds. No series where nothing was observed: the quantile of nothing would be NaN. */
export function quantileOf(quantile: number, buckets: string): string {
  return `histogram_quantile(${quantile}, ${buckets}) >= 0`;
}
