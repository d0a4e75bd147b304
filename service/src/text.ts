import { z } from "zod";

/** Text that PostgreSQL can store: no NUL character, no half of a surrogate pair. Lengths are in UTF-16 units. */
export function storableText(min: number, max: number): z.ZodString {
  return z
    .string()
    .min(min)
    .max(max)
    .refine((value) => !value.includes("\0") && value.isWellFormed(), "must be text without NUL and lone surrogates");
}
