/** The value at or below which this share of the values lies (nearest rank, so it is one of them); NaN without any. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function highest(values: readonly number[]): number {
  return quantile(values, 1);
}
