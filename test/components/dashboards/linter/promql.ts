// As much of PromQL as the rules need. promtool says whether the whole is PromQL.

/** One selector of an expression. */
export interface Selector {
  readonly metric: string;
  /** As written, by label. */
  readonly matchers: Readonly<Record<string, { readonly op: string; readonly value: string }>>;
  /** Of a range selector: `$__rate_interval`; undefined for an instant one. */
  readonly range: string | undefined;
  /** The function that it is the argument of; undefined where it is none's. */
  readonly call: string | undefined;
}

const selector = /(?:(\w+)\()?\b([a-zA-Z_:][\w:]*)\{((?:[^"{}]|"(?:[^"\\]|\\.)*")*)\}(?:\[([^\]]+)\])?/g;
const matcher = /([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g;

/** Every selector with braces. */
export function selectorsOf(expr: string): Selector[] {
  return [...expr.matchAll(selector)].map(([, call, metric = "", inner = "", range]) => ({
    metric,
    matchers: Object.fromEntries(
      [...inner.matchAll(matcher)].map(([, label = "", op = "", value = ""]) => [label, { op, value }]),
    ),
    range,
    call,
  }));
}

const words = new Set([
  "by",
  "without",
  "or",
  "and",
  "unless",
  "bool",
  "on",
  "ignoring",
  "group_left",
  "group_right",
  "offset",
]);

/** Names of metrics that are asked for without a single matcher. */
export function bareMetrics(expr: string): string[] {
  const rest = expr.replaceAll(selector, (_whole, call: string | undefined) =>
    call === undefined ? "0" : `${call}(0`,
  );
  return [...rest.replaceAll(/\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, "").matchAll(/[a-zA-Z_:][\w:]*(?!\s*\()\b/g)]
    .map(([name]) => name)
    .filter((name) => !words.has(name) && !new RegExp(`\\b${name}\\s*\\(`).test(rest));
}
