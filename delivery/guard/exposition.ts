import { cutText } from "../../components/text/cut.ts";

/** One line of a metrics page: a value under a name and labels. */
export interface ExpositionSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** May be NaN or infinite, as the format allows; whoever counts checks. */
  readonly value: number;
}

/** A metrics page that breaks the format. Says the line's number and what is wrong with it. */
export class ExpositionError extends Error {
  override readonly name = "ExpositionError";
  /** From 1; 0 when the page as a whole is meant. */
  readonly line: number;

  constructor(line: number, problem: string) {
    super(cutText(line === 0 ? `the metrics page ${problem}` : `line ${line} of the metrics page ${problem}`));
    this.line = line;
  }
}

export interface ExpositionLimits {
  /** Longest page, in UTF-16 code units. @default 4 Mi */
  readonly maxLength?: number;
  /** Most samples of the families that are asked for. @default 20,000 */
  readonly maxSamples?: number;
}

const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const labelName = /[a-zA-Z_][a-zA-Z0-9_]*/y;
// OpenMetrics has timestamps in seconds, and an exemplar behind them, which says nothing about the sample.
const sampleTail = /^[ \t]+(\S+)(?:[ \t]+(-?\d+(?:\.\d+)?))?[ \t]*(?:[ \t]#[ \t].*)?$/;
const escapes = new Map([
  ["\\", "\\"],
  ['"', '"'],
  ["n", "\n"],
]);
// As Go's ParseFloat takes them: client libraries write NaN, Nan and nan.
const specialValue = /^(?:(?<nan>nan)|(?<sign>[+-]?)inf(?:inity)?)$/i;
const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Reads the samples named in `names` from a page of the Prometheus text format 0.0.4 or 1.0.0
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), or of OpenMetrics: names of any characters, in quotes, and exemplars
 * are read past, and lines may end with CR and LF. Lines of other names are skipped unread. The order is the page's.
 * Throws {@link ExpositionError} for a page that is too large, a broken line, or one series given twice.
 */
export function parseExposition(
  text: string,
  names: ReadonlySet<string>,
  { maxLength = 4 * 1024 * 1024, maxSamples = 20_000 }: ExpositionLimits = {},
): ExpositionSample[] {
  if (text.length > maxLength) throw new ExpositionError(0, `is longer than ${maxLength} characters`);
  // A page that was cut off can end inside a number, which would then read as a smaller one.
  if (text !== "" && !text.endsWith("\n"))
    throw new ExpositionError(0, "does not end with a line feed: it was cut off");
  const samples: ExpositionSample[] = [];
  const seen = new Set<string>();
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/\r$/, "").trimStart();
    if (line === "" || line.startsWith("#")) continue;
    const metric = nameIn(line, index + 1);
    if (!names.has(metric)) continue;
    if (samples.length === maxSamples)
      throw new ExpositionError(index + 1, `is sample ${maxSamples + 1} of those allowed`);
    const sample = parseSample(line, metric, index + 1);
    const key = seriesKey(sample);
    if (seen.has(key)) throw new ExpositionError(index + 1, `gives ${key} a second time`);
    seen.add(key);
    samples.push(sample);
  }
  return samples;
}

/** A series' identity: the same for the same name and labels, in whatever order they were written. */
export function seriesKey(sample: Pick<ExpositionSample, "name" | "labels">): string {
  const labels = Object.entries(sample.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${sample.name}{${labels.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(",")}}`;
}

/** The metric's name: before the labels, or in quotes as the first thing among them. */
function nameIn(line: string, at: number): string {
  const plain = name.exec(line)?.[0];
  if (plain !== undefined) return plain;
  const position = skipBlanks(line, 1);
  if (!line.startsWith("{") || line[position] !== '"')
    throw new ExpositionError(at, "does not begin with a metric's name");
  return parseQuoted(line, position, at).value;
}

function parseSample(line: string, metric: string, at: number): ExpositionSample {
  const { labels, end } = parseLabels(line, line.startsWith("{") ? 0 : metric.length, at);
  const tail = sampleTail.exec(line[end - 1] === "}" ? ` ${line.slice(end)}` : line.slice(end));
  if (tail === null) throw new ExpositionError(at, "does not end with a value and an optional timestamp");
  return { name: metric, labels, value: parseValue(tail[1] ?? "", at) };
}

function parseLabels(line: string, start: number, at: number): { labels: Record<string, string>; end: number } {
  // A label may be called __proto__.
  const labels = Object.create(null) as Record<string, string>;
  let position = skipBlanks(line, start);
  if (line[position] !== "{") return { labels, end: start };
  position = skipBlanks(line, position + 1);
  // The metric's name stands where a label would.
  if (start === 0) position = afterItem(line, parseQuoted(line, position, at).end, at, "name");
  while (line[position] !== "}") {
    const { label, end } = parseLabelName(line, position, at);
    if (label in labels) throw new ExpositionError(at, `has the label ${label} twice`);
    position = skipBlanks(line, end);
    if (line[position] !== "=") throw new ExpositionError(at, `has no "=" after the label ${label}`);
    position = skipBlanks(line, position + 1);
    const quoted = parseQuoted(line, position, at);
    labels[label] = quoted.value;
    position = afterItem(line, quoted.end, at, `label ${label}`);
  }
  return { labels, end: position + 1 };
}

function parseLabelName(line: string, position: number, at: number): { label: string; end: number } {
  if (line[position] === '"') {
    const { value, end } = parseQuoted(line, position, at);
    return { label: value, end };
  }
  labelName.lastIndex = position;
  const label = labelName.exec(line)?.[0];
  if (label === undefined) throw new ExpositionError(at, "has labels that are not closed or not named");
  return { label, end: position + label.length };
}

/** Where the next item begins, or the brace that closes the labels. */
function afterItem(line: string, end: number, at: number, item: string): number {
  const position = skipBlanks(line, end);
  if (line[position] === ",") return skipBlanks(line, position + 1);
  if (line[position] !== "}") throw new ExpositionError(at, `has no "," or "}" after the ${item}`);
  return position;
}

function parseQuoted(line: string, start: number, at: number): { value: string; end: number } {
  if (line[start] !== '"') throw new ExpositionError(at, "has a label value that is not quoted");
  let value = "";
  for (let position = start + 1; position < line.length; position += 1) {
    const character = line[position] ?? "";
    if (character === '"') return { value, end: position + 1 };
    if (character !== "\\") {
      value += character;
      continue;
    }
    position += 1;
    const escaped = escapes.get(line[position] ?? "");
    if (escaped === undefined) throw new ExpositionError(at, 'has an escape other than \\\\, \\" and \\n');
    value += escaped;
  }
  throw new ExpositionError(at, "has a label value that is not closed");
}

function parseValue(text: string, at: number): number {
  if (number.test(text)) return Number(text);
  const special = specialValue.exec(text)?.groups;
  if (special === undefined) throw new ExpositionError(at, `has ${JSON.stringify(text.slice(0, 40))} for a value`);
  if (special.nan !== undefined) return Number.NaN;
  return special.sign === "-" ? -Infinity : Infinity;
}

function skipBlanks(line: string, start: number): number {
  let position = start;
  while (line[position] === " " || line[position] === "\t") position += 1;
  return position;
}
