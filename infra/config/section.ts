import { z } from "zod";

/** An object with exactly these keys: another one is refused, and the message says which there are. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? `unknown key; allowed: ${Object.keys(shape).join(", ")}` : undefined,
  });
}

/** One of a few words. */
export function word<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `allowed: ${words.join(", ")}` });
}

/** A whole number within bounds. */
export function whole(min: number, max: number): z.ZodNumber {
  const error = `allowed: a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, error).max(max, error);
}

/** Text of a certain form. */
export function text(pattern: RegExp, form: string): z.ZodString {
  const error = `allowed: ${form}`;
  return z.string({ error }).regex(pattern, error);
}
