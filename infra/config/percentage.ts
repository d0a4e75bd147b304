import { z } from "zod";

const pattern = /^(\d{1,3}(?:\.\d{1,4})?)%$/;
const allowed = 'allowed: a share above 0% and below 100%, such as "0.1%"';

/** A share such as `0.1%`; read as a fraction, here 0.001. */
export const percentage = z
  .string({ error: allowed })
  .regex(pattern, allowed)
  // Through the decimal notation, because 0.1 / 100 is not quite 0.001.
  .transform((text) => Number(`${pattern.exec(text)?.[1] ?? ""}e-2`))
  .refine((share) => share > 0 && share < 1, { error: allowed });

/** A fraction as a share: 0.001 is `0.1%`. */
export function percentOf(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(12))}%`;
}
