import { z } from "zod";

const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
/** Its bounds are part of the form, so that editors know them too. 9999h are 416 days: Kubernetes, Istio, Prometheus and GitHub take all that fits it. */
const form = String.raw`(?:\d{1,6}(?:ms|s)|\d{1,5}m|\d{1,4}h)`;
const parts = /^(\d+)(ms|s|m|h)$/;

/** A time with its unit, such as `200ms`, `30s`, `5m` or `24h`; read as milliseconds. At most 9999 hours. */
export const duration = ofForm(new RegExp(`^${form}$`), "a time with its unit, such as 200ms, 30s, 5m or 24h");

/** The same, and more than nothing: where no time at all could only be a mistake. */
export const positiveDuration = ofForm(
  new RegExp(`^(?=0*[1-9])${form}$`),
  "a time above 0 with its unit, such as 200ms, 30s, 5m or 24h",
);

function ofForm(pattern: RegExp, what: string) {
  const error = `allowed: ${what}; up to 999999ms, 999999s, 99999m or 9999h`;
  return z
    .string({ error })
    .regex(pattern, error)
    .transform((text) => {
      const [, amount = "0", unit = "ms"] = parts.exec(text) ?? [];
      return Number(amount) * milliseconds[unit as keyof typeof milliseconds];
    });
}
