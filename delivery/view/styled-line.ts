import { styleText } from "node:util";
import { columnsOf, fitted, padded } from "./terminal-text.ts";

/** From so many columns on there is room for tables and bars. */
export const wide = 60;

type Format = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "cyan";
export type Style = Format | readonly Format[];

/** A stretch of a line, in one style. Its text holds no controls. */
export type Span = string | readonly [text: string, style: Style];

/** How many columns spans take. */
export function widthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, span) => sum + columnsOf(textOf(span)), 0);
}

/** Lines of a frame. */
export type Lines = readonly (readonly Span[])[];

/** Spans as one line of at most `width` columns; styles are left out without `colour`. */
export function line(spans: readonly Span[], width: number, colour: boolean): string {
  let left = width;
  let text = "";
  for (const span of spans) {
    const fit = fitted(textOf(span), left);
    left -= columnsOf(fit);
    text += typeof span === "string" || !colour ? fit : styled(fit, span[1]);
    if (fit !== textOf(span)) break;
  }
  return text;
}

/** A cell of a table: text in exactly so many columns. */
export function cell(span: Span, columns: number, align: "left" | "right" = "left"): Span {
  const text = textOf(span);
  const filled = align === "left" ? padded(text, columns) : text.padStart(columns + text.length - columnsOf(text));
  return typeof span === "string" ? filled : [filled, span[1]];
}

/** A bar of `columns`, filled to a share from 0 to 1. What is more than nothing shows, what is less than all does not fill it. */
export function bar(share: number, columns: number): readonly [filled: string, rest: string] {
  const exact = Math.round(Math.min(1, Math.max(0, share)) * columns);
  const filled = share <= 0 || share >= 1 ? exact : Math.min(columns - 1, Math.max(1, exact));
  return ["█".repeat(filled), "░".repeat(columns - filled)];
}

function styled(text: string, style: Style): string {
  // What the terminal can do was decided by whoever asks for colour.
  return styleText(typeof style === "string" ? style : [...style], text, { validateStream: false });
}

function textOf(span: Span): string {
  return typeof span === "string" ? span : span[0];
}
