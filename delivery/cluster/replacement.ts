import { isDeepStrictEqual } from "node:util";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The JSON merge patch that turns `live` into exactly `wanted`; `undefined` when they are equal. A merge patch keeps what it does not
 * name, so what is to go is named with null. Lists are replaced whole.
 */
export function replacement(live: object, wanted: object): Fields | undefined {
  const from = fieldsOf(live);
  const to = fieldsOf(wanted);
  const changes = [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) => {
    const [old, now] = [from[key], to[key]];
    if (isDeepStrictEqual(old, now)) return [];
    if (now === undefined) return [[key, null] as const];
    if (!isFields(old) || !isFields(now)) return [[key, now] as const];
    const change = replacement(old, now);
    return change === undefined ? [] : [[key, change] as const];
  });
  return changes.length === 0 ? undefined : Object.fromEntries(changes);
}

/** Without a prototype: a field may have any name, `__proto__` too. */
function fieldsOf(value: object): Fields {
  return Object.assign(Object.create(null) as object, value) as Fields;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
