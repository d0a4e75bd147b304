/** A value in one of Grafana's units, for people: `99.5 %`, `1.2 s`, `3 h`. */
export function formatted(value: number, unit: string): string {
  switch (unit) {
    case "percentunit":
      return `${short(value * 100)} %`;
    case "percent":
      return `${short(value)} %`;
    case "s":
      return duration(value);
    case "reqps":
      return `${short(value)} req/s`;
    default:
      return short(value);
  }
}

const spans = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
] as const;

function duration(seconds: number): string {
  if (seconds !== 0 && Math.abs(seconds) < 1) return `${short(seconds * 1000)} ms`;
  const [size, unit] = spans.find(([each]) => Math.abs(seconds) >= each) ?? [1, "s"];
  return `${short(seconds / size)} ${unit}`;
}

/** Three digits that count. */
function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
