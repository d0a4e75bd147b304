import type { Screen } from "../../../delivery/view/in-place.ts";

const escape = "\u001b";

/** As much of a terminal as the live view uses: what a person would see on it. */
export class TerminalScreen implements Screen {
  columns: number;
  readonly rows: number;
  /** Everything that was written, as it was. */
  written = "";
  /** How often something was written. */
  writes = 0;
  /** Whether the cursor is shown. */
  cursor = true;
  #lines: string[] = [""];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  /** The lines that are not empty, without what follows their last character. */
  get lines(): string[] {
    return this.#lines.map((text) => text.trimEnd()).filter((text) => text !== "");
  }

  write(text: string): void {
    this.written += text;
    this.writes += 1;
    const [plain = "", ...sequences] = text.split(escape);
    for (const character of plain) this.#take(character);
    for (const sequence of sequences) {
      const length = sequence.search(/[A-Za-z]/) + 1;
      this.#take(escape + sequence.slice(0, length));
      for (const character of sequence.slice(length)) this.#take(character);
    }
  }

  /** Narrower, with every line that is too long broken, as terminals do. The cursor is on the last line. */
  resize(columns: number): void {
    this.columns = columns;
    this.#lines = this.#lines.flatMap((text) => {
      const trimmed = text.trimEnd();
      const parts: string[] = [];
      for (let at = 0; at === 0 || at < trimmed.length; at += columns) parts.push(trimmed.slice(at, at + columns));
      return parts;
    });
    this.#row = this.#lines.length - 1;
    this.#column = 0;
  }

  #take(token: string): void {
    const line = this.#lines[this.#row] ?? "";
    if (token === "\n") {
      this.#row += 1;
      this.#column = 0;
      if (this.#row === this.#lines.length) this.#lines.push("");
    } else if (token === "\r") this.#column = 0;
    else if (!token.startsWith(escape)) {
      this.#lines[this.#row] = line.slice(0, this.#column).padEnd(this.#column) + token + line.slice(this.#column + 1);
      this.#column += 1;
    } else if (token.endsWith("A")) this.#row = Math.max(0, this.#row - Number(token.slice(2, -1)));
    else if (token.endsWith("K")) this.#lines[this.#row] = line.slice(0, this.#column);
    else if (token.endsWith("J")) this.#lines = [...this.#lines.slice(0, this.#row), line.slice(0, this.#column)];
    else if (token === "\u001b[?25l") this.cursor = false;
    else if (token === "\u001b[?25h") this.cursor = true;
    else if (!token.endsWith("m")) throw new Error(`the screen does not know ${JSON.stringify(token)}`);
  }
}
