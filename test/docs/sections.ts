/** A heading of a document, with its level and what is below it up to the next heading of any level. */
export interface Section {
  readonly level: number;
  readonly title: string;
  readonly text: string;
}

/** The sections of a document in Markdown; a `#` in a fenced block begins none. */
export function sectionsOf(page: string): readonly Section[] {
  const sections: { level: number; title: string; lines: string[] }[] = [];
  let fence: string | undefined;
  for (const line of page.split("\n")) {
    const [, mark] = /^\s*(`{3,}|~{3,})/.exec(line) ?? [];
    if (mark !== undefined && (fence === undefined || line.trim() === fence))
      fence = fence === undefined ? mark : undefined;
    const [, hashes, title] = (fence === undefined ? /^(#{1,6}) +(.+?)\s*$/.exec(line) : null) ?? [];
    if (hashes !== undefined && title !== undefined) sections.push({ level: hashes.length, title, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections.map(({ level, title, lines }) => ({ level, title, text: lines.join("\n") }));
}

/** The anchors that GitHub makes of a document's headings. */
export function anchorsOf(page: string): readonly string[] {
  const seen = new Map<string, number>();
  return sectionsOf(page).map(({ title }) => {
    const slug = slugOf(title);
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
}

/** Letters, digits, hyphens and underscores stay; a blank becomes a hyphen. Of a link its text counts. */
function slugOf(title: string): string {
  return title
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}

/** The document without its fenced blocks and its code in a line. */
export function proseOf(page: string): string {
  return withoutFences(page).replace(/(`+)[^`\n]*?\1/g, "");
}

/** The document without its fenced blocks; lines keep their number. */
export function withoutFences(page: string): string {
  return page.replace(/^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^ *\2 *$/gm, (block) => block.replace(/[^\n]/g, ""));
}
