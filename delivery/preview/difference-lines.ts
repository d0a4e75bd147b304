import { secretText, type Difference, type Json, type ResourceChange } from "../engine-events/changes.ts";
import { textDiff, type DiffLine } from "./text-diff.ts";

/** How much of a resource's differences is shown. */
export interface Bounds {
  /** Lines of a resource. */
  readonly lines: number;
  /** Characters of a line. */
  readonly characters: number;
}

/** As much as anybody reads. */
export const ample: Bounds = { lines: 400, characters: 500 };
/** What gives an idea. */
export const brief: Bounds = { lines: 12, characters: 160 };

/** What becomes of a resource's properties, as the lines of a diff. */
export function differenceLines(
  { differences }: Pick<ResourceChange, "differences">,
  bounds: Bounds,
): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  for (const difference of differences) {
    // One more than fits, to know that there are more; a long list need not be written to its end for that.
    if (lines.length > bounds.lines) break;
    lines.push(...linesOf(difference));
  }
  const shown = lines
    .slice(0, bounds.lines)
    .map(({ mark, text }) => ({ mark, text: shortened(text, bounds.characters) }));
  return lines.length > bounds.lines ? [...shown, { mark: " ", text: "… and more" }] : shown;
}

function linesOf({ path, kind, before, after, secret, replaces }: Difference): readonly DiffLine[] {
  const why = replaces ? "  (this replaces it)" : "";
  if (secret && kind === "update" && isSame(before, after))
    return [
      { mark: "-", text: `${path}: ${secretText}` },
      { mark: "+", text: `${path}: ${secretText}, another one${why}` },
    ];
  const [from, to] = [textOf(before), textOf(after)];
  if (from === undefined && to === undefined)
    return [
      ...(before === undefined ? [] : [{ mark: "-", text: `${path}: ${JSON.stringify(before)}${why}` } as const]),
      ...(after === undefined ? [] : [{ mark: "+", text: `${path}: ${JSON.stringify(after)}${why}` } as const]),
    ];
  const head = (mark: DiffLine["mark"]) => ({ mark, text: `${path}:${why}` });
  const indented = ({ mark, text }: DiffLine) => ({ mark, text: `  ${text}` });
  const whole = (mark: DiffLine["mark"], text = "") => text.split("\n").map((line) => indented({ mark, text: line }));
  if (before === undefined) return [head("+"), ...whole("+", to)];
  if (after === undefined) return [head("-"), ...whole("-", from)];
  return [head(" "), ...textDiff(from ?? plainText(before), to ?? plainText(after)).map(indented)];
}

function isSame(before: Json | undefined, after: Json | undefined): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}

/** A single line longer than this is looked into for JSON. */
const longLine = 100;

/** A value that is read line by line; undefined for one that fits on a line. */
function textOf(value: Json | undefined): string | undefined {
  if (typeof value !== "string") return undefined;
  if (value.includes("\n")) return value;
  return value.length > longLine ? prettyJson(value) : undefined;
}

function plainText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** JSON as people write it; undefined for what is none. */
function prettyJson(text: string): string | undefined {
  if (!/^[[{]/.test(text)) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return undefined;
  }
}

function shortened(text: string, most: number): string {
  return text.length > most
    ? `${text.slice(0, most)}… (${(text.length - most).toLocaleString("en-US")} more characters)`
    : text;
}
