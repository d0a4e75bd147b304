// Text for a terminal: wrapped to its width, coloured only where that is wanted, safe whatever it quotes.
import { styleText } from "node:util";
import type { Tone } from "./words.ts";

export interface TerminalOptions {
  /** Columns. @default 100 */
  readonly width?: number;
  /** @default false */
  readonly colour?: boolean;
}

/** A piece of a table: text of one meaning. */
export interface Cell {
  readonly text: string;
  readonly tone?: Tone | "strong" | "faint" | undefined;
}

const styles = {
  good: "green",
  bad: "red",
  warning: "yellow",
  neutral: "reset",
  strong: "bold",
  faint: "dim",
} as const;

// Escape sequences would steer the terminal, and direction marks would reorder what stands around them.
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\u{200b}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2060}-\u{2069}\u{feff}]/gu;

/** One line of harmless text: line breaks become spaces, other control characters become visible. */
export function plain(text: string): string {
  return text.replace(/\s*[\r\n\t]+\s*/g, " ").replace(unsafe, "\u{fffd}");
}

/** A number stays with its unit: `98 %`, `60 s`. */
const breakable = / (?!(?:%|s|ms)(?:[\s).,;:]|$))/;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** What people see as characters. */
function charactersOf(text: string): readonly string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** How many columns a text takes, as far as every character takes one. */
export function columnsOf(text: string): number {
  return charactersOf(text).length;
}

/** Breaks a text at spaces, and within words that are too long for a line. At least one line. */
export function wrapped(text: string, width: number): readonly string[] {
  const most = Math.max(8, width);
  const lines: string[] = [];
  let line: readonly string[] = [];
  for (const word of plain(text).split(breakable)) {
    let rest = charactersOf(word);
    if (line.length > 0 && line.length + 1 + rest.length > most) {
      lines.push(line.join(""));
      line = [];
    }
    for (; rest.length > most; rest = rest.slice(most)) lines.push(rest.slice(0, most).join(""));
    line = line.length === 0 ? rest : [...line, " ", ...rest];
  }
  return [...lines, line.join("")];
}

/** Writes blocks of lines for one terminal. */
export class Page {
  readonly width: number;
  readonly #colour: boolean;
  readonly #lines: string[] = [];

  constructor({ width = 100, colour = false }: TerminalOptions) {
    this.width = Math.max(40, width);
    this.#colour = colour;
  }

  paint({ text, tone }: Cell): string {
    if (!this.#colour || tone === undefined || tone === "neutral" || text === "") return text;
    return styleText(styles[tone], text, { validateStream: false });
  }

  /** A heading with an empty line before it. */
  heading(text: string): void {
    if (this.#lines.length > 0) this.#lines.push("");
    this.#lines.push(this.paint({ text: plain(text), tone: "strong" }));
  }

  /** A paragraph. @param mark stands before its first line; the others are indented as far */
  paragraph(cell: Cell, mark = ""): void {
    const indent = " ".repeat(columnsOf(mark));
    for (const [index, line] of wrapped(cell.text, this.width - indent.length).entries())
      this.#lines.push(`${index === 0 ? mark : indent}${this.paint({ ...cell, text: line })}`);
  }

  /** Aligned columns; the last one is wrapped, below the others where there is no room beside them. */
  table(rows: readonly (readonly Cell[])[], indent = 2): void {
    const safe = rows.map((row) => row.map((cell) => ({ ...cell, text: plain(cell.text) })));
    const columns = Math.max(0, ...safe.map((row) => row.length));
    const widths = Array.from({ length: Math.max(0, columns - 1) }, (_, column) =>
      Math.max(0, ...safe.map((row) => (column < row.length - 1 ? columnsOf(row[column]?.text ?? "") : 0))),
    );
    const offset = indent + widths.reduce((sum, each) => sum + each + 2, 0);
    const longest = Math.max(0, ...safe.map((row) => columnsOf(row.at(-1)?.text ?? "")));
    const beside = this.width - offset >= Math.min(longest, 40, this.width / 2);
    for (const row of safe) {
      const fixed = row.slice(0, -1);
      const head = fixed.map((cell, column) => this.paint({ ...cell, text: padded(cell.text, widths[column] ?? 0) }));
      const start = " ".repeat(indent) + head.join("  ");
      const last = row.at(-1) ?? { text: "" };
      const hang = beside ? offset : indent + 4;
      const lines = wrapped(last.text, this.width - hang).map((text) => this.paint({ ...last, text }));
      const room = beside && fixed.length === columns - 1;
      const [first = "", ...others] = room ? lines : ["", ...lines];
      this.#lines.push(`${start}${fixed.length > 0 && first !== "" ? "  " : ""}${first}`.trimEnd());
      for (const line of others) this.#lines.push(`${" ".repeat(hang)}${line}`);
    }
  }

  /** The whole text, with a line break at its end. */
  toString(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columnsOf(text)));
}
