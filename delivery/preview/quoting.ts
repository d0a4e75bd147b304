// Text of others within Markdown of ours: it stays text, and closes nothing that we opened.
import { inline } from "../report/markdown-text.ts";
import { plain } from "../report/terminal.ts";

const longestName = 200;
const longestSentence = 2_000;

/** A name as code. In code GitHub looks for no mention and no reference. */
export function code(text: string): string {
  return `<code>${inline(cut(text, longestName))}</code>`;
}

/** A sentence, or a few. */
export function sentence(text: string): string {
  // `GH-1` refers to an issue without any character that `inline` looks at.
  return inline(cut(text, longestSentence)).replace(/GH-(?=\d)/gi, "$&&#8203;");
}

/** Lines in a fence that none of them can close. @param language how they are coloured */
export function fenced(lines: readonly string[], language: "diff" | "text"): string {
  const safe = lines.map((line) => plain(line));
  const longest = safe.reduce((most, line) => Math.max(most, longestRun(line)), 2);
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${safe.join("\n")}\n${fence}`;
}

/** Characters of a text, and a mark where there are more. */
export function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function longestRun(line: string): number {
  return Array.from(line.matchAll(/`+/g), ([ticks]) => ticks.length).reduce((most, each) => Math.max(most, each), 0);
}
