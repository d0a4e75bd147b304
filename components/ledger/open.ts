// How the ledger is read where a newer version wrote it: keys and words that this one does not know are kept, and written back as they were.
import { z } from "zod";

/** A value that only a newer version knows, and what stands for it here; nothing where the key is left out. */
interface Aside {
  readonly original: unknown;
  readonly substitute: unknown;
}

const written = Symbol("what the ledger has in place of substitutes");

interface WithAside {
  readonly [written]?: Readonly<Record<string, Aside>>;
}

/** The words that a key may hold, and the one that stands for any other: what is done about that must be harmless. */
export interface Words {
  readonly known: readonly string[];
  readonly substitute: string;
}

/** An object with at least these keys. Others are kept, and are no part of its type: nobody here writes them. */
export function open<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodType<z.output<z.ZodObject<Shape>>> {
  return z.looseObject(shape);
}

/** The same where some keys hold one of a few words. Another word is replaced by its substitute, and stays what it was in the text. */
export function withUnknownWords<T extends object>(
  schema: z.ZodType<T>,
  words: Readonly<Record<string, Words>>,
): z.ZodType<T> {
  return reading(schema, (value) =>
    Object.entries(words).flatMap(([key, { known, substitute }]): [string, Aside][] => {
      const original = value[key];
      return typeof original === "string" && !known.includes(original) ? [[key, { original, substitute }]] : [];
    }),
  );
}

/** The same where some keys may be left out: one whose value this version cannot read is left out here, and stays in the text. */
export function withUnreadParts<T extends object>(
  schema: z.ZodType<T>,
  parts: Readonly<Record<string, z.ZodType>>,
): z.ZodType<T> {
  return reading(schema, (value) =>
    Object.entries(parts).flatMap(([key, part]): [string, Aside][] => {
      const original = value[key];
      const isRead = original === undefined || part.safeParse(original).success;
      return isRead ? [] : [[key, { original, substitute: undefined }]];
    }),
  );
}

/** Whether the ledger has for this key what this version does not know. */
export function isUnread(value: object, key: string): boolean {
  return originalOf(value, key) !== undefined;
}

/** The word as the ledger has it, for people. */
export function wordOf<Key extends string>(value: Readonly<Record<Key, string>>, key: Key): string {
  const original = originalOf(value, key);
  return typeof original === "string" ? original : value[key];
}

/** What is to be written for a value: originals in place of their substitutes, and what was changed since as it is now. */
export function asWritten(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const aside = (value as WithAside)[written];
  if (aside === undefined) return value;
  const originals = Object.keys(aside).filter((key) => isUnread(value, key));
  return Object.fromEntries([
    ...Object.entries(value),
    ...originals.map((key): [string, unknown] => [key, originalOf(value, key)]),
  ]);
}

/** `undefined` where there is none, or where something else has taken the substitute's place. */
function originalOf(value: object, key: string): unknown {
  const aside = (value as WithAside)[written]?.[key];
  const now = (value as Readonly<Record<string, unknown>>)[key];
  return aside !== undefined && now === aside.substitute ? aside.original : undefined;
}

function reading<T extends object>(
  schema: z.ZodType<T>,
  asideOf: (value: Readonly<Record<string, unknown>>) => readonly (readonly [key: string, aside: Aside])[],
): z.ZodType<T> {
  return z.unknown().transform((value, context): T => {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    const aside = isObject ? asideOf(value as Readonly<Record<string, unknown>>) : [];
    const known = isObject ? { ...value } : value;
    for (const [key, { substitute }] of aside)
      if (substitute === undefined) Reflect.deleteProperty(known as object, key);
      else Reflect.set(known as object, key, substitute);
    const result = schema.safeParse(known);
    if (!result.success) {
      for (const { path, message } of result.error.issues)
        context.addIssue({ code: "custom", path: [...path], message });
      return z.NEVER;
    }
    if (aside.length === 0) return result.data;
    return { ...result.data, [written]: { ...(result.data as WithAside)[written], ...Object.fromEntries(aside) } };
  });
}
