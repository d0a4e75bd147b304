/** One label matcher of a selector. Values are escaped when written, so any string may stand in them. */
export type Matcher = { readonly label: string; readonly op: "=" | "!=" | "=~" | "!~"; readonly value: string };

/** Which series of a metric are meant. */
export type Selector = { readonly metric: string; readonly matchers: readonly Matcher[] };

/**
 * The selector as PromQL, for instance `http_requests_total{slot="green",status=~"5.."}`.
 *
 * @throws SyntaxError where the metric's or a label's name is none.
 */
export function write({ metric, matchers }: Selector): string {
  if (!METRIC_NAME.test(metric)) throw new SyntaxError(`Not a metric name: ${JSON.stringify(metric)}.`);
  return `${metric}{${matchers.map(writeMatcher).join(",")}}`;
}

/** Matchers that ask for these very values. */
export function equalTo(labels: Readonly<Record<string, string>>): readonly Matcher[] {
  return Object.entries(labels).map(([label, value]) => ({ label, op: "=", value }));
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function writeMatcher({ label, op, value }: Matcher): string {
  if (!LABEL_NAME.test(label)) throw new SyntaxError(`Not a label name: ${JSON.stringify(label)}.`);
  const escaped = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `${label}${op}"${escaped}"`;
}
