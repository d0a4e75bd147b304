// Pieces of GitHub-flavoured Markdown.
import { plain } from "./terminal.ts";

/** A table; nothing where it has no rows. The cells are Markdown. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(titles), line(titles.map(() => "---")), ...rows.map(line)].join("\n");
}

// What Markdown, its tables or GitHub's formulas would make something of, wherever it stands.
const special = /[\\`*[\]<>|~&$^@#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=\/\/)|(?<=www)\./gi;

/**
 * Text that stays text, on one line. An entity is syntax to no parser, not even in a table's cell; mentions and references are looked
 * for after entities were read, and a space without width keeps them from being found.
 */
export function inline(text: string): string {
  return plain(text).replace(special, (character) =>
    character === "@" || character === "#" ? `${character}&#8203;` : `&#${character.codePointAt(0) ?? 0};`,
  );
}

/** Text in which `…` marks what is to be typed. */
export function withCode(text: string): string {
  const parts = text.split("`");
  return parts.map((part, index) => (index % 2 === 1 ? `\`${plain(part)}\`` : inline(part))).join("");
}
