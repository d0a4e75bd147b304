import { stripVTControlCharacters } from "node:util";
import { columnsOf } from "./terminal-text.ts";

/** The part of a terminal that is written to; `process.stdout` is one. */
export interface Screen {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

const eraseToEndOfLine = "\u001b[K";
const eraseBelow = "\u001b[J";
const hide = "\u001b[?25l";
const show = "\u001b[?25h";

/** Text at the end of a terminal that is replaced as a whole. Each frame is one write, so that it does not flicker. */
export class InPlace {
  readonly #screen: Screen;
  #drawn: readonly string[] = [];
  #hidden = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Columns that a line may use: in the last one some terminals wrap. */
  get width(): number {
    return Math.max(1, (this.#screen.columns ?? 80) - 1);
  }

  /** Lines that a frame may have: what scrolls out of sight cannot be replaced. */
  get height(): number {
    return Math.max(1, (this.#screen.rows ?? 24) - 1);
  }

  /** Replaces what was drawn last, and hides the cursor. */
  draw(lines: readonly string[]): void {
    if (this.#hidden && lines.join("\n") === this.#drawn.join("\n")) return;
    const text = lines.map((line) => `${line}${eraseToEndOfLine}\n`).join("");
    this.#screen.write(`${this.#hidden ? "" : hide}${this.#up()}${text}${eraseBelow}`);
    this.#hidden = true;
    this.#drawn = lines;
  }

  /** Writes lines that stay, above what is drawn. */
  above(lines: readonly string[]): void {
    const again = this.#drawn;
    this.clear();
    this.#screen.write(lines.map((line) => `${line}\n`).join(""));
    if (again.length > 0) this.draw(again);
  }

  /** Takes away what was drawn. */
  clear(): void {
    if (this.#drawn.length === 0) return;
    this.#screen.write(`${this.#up()}${eraseBelow}`);
    this.#drawn = [];
  }

  /** Leaves what was drawn where it is: whatever comes next comes below. */
  leave(): void {
    this.#drawn = [];
  }

  /** Gives the cursor back. */
  showCursor(): void {
    if (!this.#hidden) return;
    this.#hidden = false;
    this.#screen.write(show);
  }

  /** To the first line of what was drawn; a terminal that became narrower has broken its lines. */
  #up(): string {
    const rows = this.#drawn.reduce((sum, line) => {
      const columns = columnsOf(stripVTControlCharacters(line));
      return sum + Math.max(1, Math.ceil(columns / Math.max(1, this.#screen.columns ?? 80)));
    }, 0);
    return rows === 0 ? "" : `\r\u001b[${rows}A`;
  }
}
