import { stripVTControlCharacters } from "node:util";

// Text from elsewhere (an answer of the service, a version) on a terminal: it must neither move the cursor nor spoil the columns.

/** The text on one line, with whatever steers a terminal taken out. */
export function oneLine(text: string): string {
  const bare = stripVTControlCharacters(text).replace(/[\p{Cc}\p{Bidi_Control}]+/gu, " ");
  return bare.replace(/ {2,}/g, " ").trim();
}

/** How many columns a text without controls takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOfCharacter(character);
  return columns;
}

/** The text in at most so many columns; what is left out is marked by `…`. */
export function fitted(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = "";
  let left = columns - 1;
  for (const character of text) {
    left -= columnsOfCharacter(character);
    if (left < 0) break;
    kept += character;
  }
  return columns < 1 ? "" : `${kept.trimEnd()}…`;
}

/** The text in exactly so many columns. */
export function padded(text: string, columns: number): string {
  const fit = fitted(text, columns);
  return fit + " ".repeat(Math.max(0, columns - columnsOf(fit)));
}

/** The text on as many lines as it takes; broken between words where that is possible. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && columnsOf(`${last} ${word}`) <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => fitted(line, columns));
}

function columnsOfCharacter(character: string): number {
  if (/\p{M}|\p{Cf}/u.test(character)) return 0;
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}]/u.test(
    character,
  )
    ? 2
    : 1;
}
