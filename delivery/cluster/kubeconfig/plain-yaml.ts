// The YAML of which kubeconfigs are made (kubectl, kind, k3s, the cloud providers' tools): block mappings and lists of plain and quoted scalars.
// The `yaml` package knows all of YAML, and takes 8 MB and a fifth of the time that a rollback has until its first request.
import type { Fields } from "./fields.ts";

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** Something that only a whole YAML parser reads. */
class NotPlain extends Error {
  override readonly name = "NotPlain";
}

/** Deeper than any kubeconfig. */
const deepest = 20;

/** The value of a document, or `undefined` where it has something that this reader does not know: it guesses nothing. */
export function parsePlainYaml(text: string): { readonly value: unknown } | undefined {
  try {
    const lines = linesOf(text);
    const reader = new Reader(lines);
    const value = lines.length === 0 ? null : reader.block(lines[0]?.indent ?? 0, 0);
    return reader.isAtEnd ? { value } : undefined;
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

function linesOf(text: string): readonly Line[] {
  return text
    .replace(/^\uFEFF?---[ ]*\r?\n/, "")
    .split(/\r?\n/)
    .flatMap((line) => {
      const trimmed = line.trim();
      if (trimmed === "" || trimmed.startsWith("#")) return [];
      if (/^[ ]*\t/.test(line) || /^(?:---|\.\.\.|%)/.test(line)) throw new NotPlain();
      return [{ indent: line.length - line.trimStart().length, text: line.trim() }];
    });
}

class Reader {
  readonly #lines: Line[];
  #at = 0;

  constructor(lines: readonly Line[]) {
    this.#lines = [...lines];
  }

  get isAtEnd(): boolean {
    return this.#at === this.#lines.length;
  }

  block(indent: number, depth: number): unknown {
    if (depth > deepest) throw new NotPlain();
    const { text = "" } = this.#lines[this.#at] ?? {};
    return isItem(text) ? this.#list(indent, depth) : this.#mapping(indent, depth);
  }

  #list(indent: number, depth: number): readonly unknown[] {
    const items: unknown[] = [];
    for (let line = this.#next(indent); line !== undefined && isItem(line.text); line = this.#next(indent)) {
      const rest = line.text.slice(1).trimStart();
      if (rest === "" || rest.startsWith("#")) {
        this.#at += 1;
        items.push(this.#nested(indent, depth));
      } else if (isItem(rest) || keyOf(rest) !== undefined) {
        // `- name: a`: what follows the dash is a block of its own, which begins where its text does.
        const inner = indent + line.text.length - rest.length;
        this.#lines[this.#at] = { indent: inner, text: rest };
        items.push(this.block(inner, depth + 1));
      } else {
        this.#at += 1;
        items.push(this.#scalar(rest, indent));
      }
    }
    return items;
  }

  #mapping(indent: number, depth: number): Fields {
    const entries = new Map<string, unknown>();
    for (let line = this.#next(indent); line !== undefined && !isItem(line.text); line = this.#next(indent)) {
      const found = keyOf(line.text);
      if (found === undefined || entries.has(found.key)) throw new NotPlain();
      this.#at += 1;
      const { key, rest } = found;
      entries.set(key, rest === "" || rest.startsWith("#") ? this.#value(indent, depth) : this.#scalar(rest, indent));
    }
    return Object.fromEntries(entries);
  }

  /** What stands below a key: a list may stand as far left as the key itself. */
  #value(indent: number, depth: number): unknown {
    const next = this.#lines[this.#at];
    if (next?.indent === indent && isItem(next.text)) return this.#list(indent, depth + 1);
    return this.#nested(indent, depth);
  }

  #nested(indent: number, depth: number): unknown {
    const next = this.#lines[this.#at];
    return next === undefined || next.indent <= indent ? null : this.block(next.indent, depth + 1);
  }

  #scalar(text: string, indent: number): unknown {
    // A scalar that goes on in the next line.
    const next = this.#lines[this.#at];
    if (next !== undefined && next.indent > indent) throw new NotPlain();
    return scalarOf(text);
  }

  /** The next line of a block; a line between two depths belongs to none. */
  #next(indent: number): Line | undefined {
    const line = this.#lines[this.#at];
    if (line !== undefined && line.indent > indent) throw new NotPlain();
    return line?.indent === indent ? line : undefined;
  }
}

function isItem(text: string): boolean {
  return text === "-" || text.startsWith("- ");
}

function keyOf(text: string): { readonly key: string; readonly rest: string } | undefined {
  const [, key, rest = ""] = /^([A-Za-z_][\w./-]*):(?:[ ]+(.*))?$/.exec(text) ?? [];
  return key === undefined || wordValues.has(key.toLowerCase()) ? undefined : { key, rest };
}

/** Plain words that are no text, or that one version of YAML takes for none. */
const wordValues: ReadonlySet<string> = new Set(["true", "false", "null", "yes", "no", "on", "off", "y", "n"]);

function scalarOf(text: string): unknown {
  if (text === "{}") return {};
  if (text === "[]") return [];
  if (text === '""') return "";
  const [, double] = /^"([^"\\]*)"$/.exec(text) ?? [];
  if (double !== undefined) return double;
  const [, single] = /^'([^']*)'$/.exec(text) ?? [];
  if (single !== undefined) return single;
  if (text === "true" || text === "false") return text === "true";
  if (text === "null") return null;
  // No comment, no anchor, no flow style, nothing that could be a number or a date.
  if (!/^(?:-{1,2}(?=[A-Za-z]))?[A-Za-z/][\w./:=+@%,~-]*(?: [\w./:=+@%,~-]+)*$/.test(text) || /:(?: |$)/.test(text))
    throw new NotPlain();
  if (wordValues.has(text.toLowerCase())) throw new NotPlain();
  return text;
}
