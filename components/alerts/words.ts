// How alerts write numbers and names.

/** A fraction for people: 0.001 is `0.1 %`. */
export function percent(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(12))} %`;
}

/** A product without the noise of binary fractions: 14.4 × 0.001 is 0.0144. */
export function times(left: number, right: number): number {
  return Number((left * right).toPrecision(12));
}

/** A stack's name within an alert's name: `staging` is `Staging`, `load-test` is `LoadTest`. */
export function pascalCase(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join("");
}

/** Templates of Prometheus. */
export const value = {
  share: "{{ $value | humanizePercentage }}",
  count: '{{ $value | printf "%.0f" }}',
  seconds: "{{ $value | humanizeDuration }}",
  label: (name: string) => `{{ $labels.${name} }}`,
  /** What another query answers, in seconds; a dash where it answers nothing. */
  secondsOf: (query: string) =>
    `{{ with query \`${query}\` }}{{ . | first | value | humanizeDuration }}{{ else }}–{{ end }}`,
} as const;
