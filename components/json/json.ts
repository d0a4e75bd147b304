// JSON of any depth. Node reads it, but JSON.stringify, which calls itself, fails at some thousand levels.

/** What is written in a value's place. */
type Replace = (value: unknown) => unknown;

const same: Replace = (value) => value;

/** Levels below which an object or a list is written on one line: an indent for each level of 10,000 would come to megabytes. */
const indentedLevels = 40;

/** How deep objects and lists lie in one another: 0 for what is neither. Bounded by `limit`, where it stops counting. */
export function depthOf(value: unknown, limit = Infinity, replace: Replace = same): number {
  let depth = 0;
  for (let level = childrenOf(replace(value)); level !== undefined && depth < limit; depth += 1) {
    const next: unknown[] = [];
    let deeper = false;
    for (const child of level) {
      const children = childrenOf(replace(child));
      if (children === undefined) continue;
      deeper = true;
      for (const each of children) next.push(each);
    }
    level = deeper ? next : undefined;
  }
  return depth;
}

/** What JSON.stringify writes, for a value of any depth. */
export function compactJson(value: unknown): string {
  return isShallow(value, same) ? stringify(value, same) : written(value, 0, same);
}

/**
 * What JSON.stringify writes with an indent of two; what lies deeper than 40 levels is on one line.
 *
 * @param replace what is written in a value's place @default itself
 */
export function prettyJson(value: unknown, replace: Replace = same): string {
  return isShallow(value, replace) ? stringify(value, replace, 2) : written(value, indentedLevels, replace);
}

function isShallow(value: unknown, replace: Replace): boolean {
  return depthOf(value, indentedLevels + 1, replace) <= indentedLevels;
}

function stringify(value: unknown, replace: Replace, indent?: number): string {
  // JSON.stringify has no text for it; in a list it writes null.
  if (value === undefined) return "null";
  const replacer = (_key: string, each: unknown): unknown => replace(each);
  return replace === same ? JSON.stringify(value, null, indent) : JSON.stringify(value, replacer, indent);
}

function childrenOf(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return Array.isArray(value) ? (value as readonly unknown[]) : Object.values(value);
}

/** An object or a list that is being written. */
interface Open {
  readonly entries: readonly (readonly [key: string | undefined, value: unknown])[];
  readonly close: "]" | "}";
  next: number;
}

/** Without recursion. Values are those of JSON, and `undefined`, which an object leaves out. */
function written(root: unknown, indented: number, replace: Replace): string {
  const parts: string[] = [];
  const stack: Open[] = [];
  const begin = (original: unknown): void => {
    const value = replace(original);
    const open = opened(value);
    if (open === undefined) parts.push(stringify(value, same));
    else if (open.entries.length === 0) parts.push(open.close === "]" ? "[]" : "{}");
    else {
      parts.push(open.close === "]" ? "[" : "{");
      stack.push(open);
    }
  };
  const breakLine = (level: number): void => {
    if (level <= indented) parts.push(`\n${"  ".repeat(level)}`);
  };
  begin(root);
  for (let open = stack.at(-1); open !== undefined; open = stack.at(-1)) {
    const level = stack.length;
    const entry = open.entries[open.next];
    if (entry === undefined) {
      stack.pop();
      if (level <= indented) breakLine(level - 1);
      parts.push(open.close);
      continue;
    }
    if (open.next > 0) parts.push(",");
    open.next += 1;
    breakLine(level);
    const [key, value] = entry;
    if (key !== undefined) parts.push(JSON.stringify(key), level <= indented ? ": " : ":");
    begin(value);
  }
  return parts.join("");
}

function opened(value: unknown): Open | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value))
    return { entries: value.map((each: unknown) => [undefined, each] as const), close: "]", next: 0 };
  return { entries: Object.entries(value).filter(([, each]) => each !== undefined), close: "}", next: 0 };
}
