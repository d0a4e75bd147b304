import { z } from "zod";

const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const pattern = /^(\d{1,6})(ms|s|m|h)$/;

/** A time with its unit, such as `200ms`, `30s`, `5m` or `24h`; read as milliseconds. */
export const duration = z
  .string({ error: "allowed: a time with its unit, such as 200ms, 30s, 5m or 24h" })
  .regex(pattern, "allowed: a time with its unit, such as 200ms, 30s, 5m or 24h")
  .transform((text) => {
    const [, amount = "0", unit = "ms"] = pattern.exec(text) ?? [];
    return Number(amount) * milliseconds[unit as keyof typeof milliseconds];
  });
