import { closeSync, openSync, readSync } from "node:fs";
import { journalLines, type JournalLine } from "./journal.ts";

const pollMs = 500;
const chunkBytes = 64 * 1024;

/** Reads a journal while another process writes it, until it is disposed of. */
export class JournalFollower implements Disposable {
  readonly #file: string;
  readonly #onLine: (line: JournalLine) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #decoder = new TextDecoder();
  #offset = 0;
  /** The beginning of a line whose end was not there yet. */
  #rest = "";

  /** @param file need not be there yet */
  constructor(file: string, onLine: (line: JournalLine) => void) {
    this.#file = file;
    this.#onLine = onLine;
    this.#timer = setInterval(() => {
      this.read();
    }, pollMs).unref();
  }

  /** Reads what was written since. */
  read(): void {
    const text = this.#rest + this.#added();
    this.#rest = text.slice(text.lastIndexOf("\n") + 1);
    for (const line of journalLines(text)) this.#onLine(line);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #added(): string {
    let descriptor: number;
    try {
      descriptor = openSync(this.#file, "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
      throw error;
    }
    try {
      const chunk = Buffer.alloc(chunkBytes);
      let text = "";
      for (;;) {
        const length = readSync(descriptor, chunk, 0, chunkBytes, this.#offset);
        if (length === 0) return text;
        this.#offset += length;
        text += this.#decoder.decode(chunk.subarray(0, length), { stream: true });
      }
    } finally {
      closeSync(descriptor);
    }
  }
}
