/** A line of a difference: taken out, put in, or standing around it. */
export interface DiffLine {
  readonly mark: "-" | "+" | " ";
  readonly text: string;
}

/** Lines that stay are shown so many before and after a change. */
const context = 2;
/** Comparing every line with every other one is dear: above so many pairs what differs is taken as one block. */
const mostPairs = 250_000;

/** How one text becomes another, line by line. Long stretches that stay are one line `…`. */
export function textDiff(before: string, after: string): readonly DiffLine[] {
  const old = before.split("\n");
  const next = after.split("\n");
  const shorter = Math.min(old.length, next.length);
  let start = 0;
  while (start < shorter && old[start] === next[start]) start += 1;
  let end = 0;
  while (end < shorter - start && old.at(-1 - end) === next.at(-1 - end)) end += 1;
  return folded([
    ...marked(" ", old.slice(0, start)),
    ...middle(old.slice(start, old.length - end), next.slice(start, next.length - end)),
    ...marked(" ", old.slice(old.length - end)),
  ]);
}

function middle(old: readonly string[], next: readonly string[]): readonly DiffLine[] {
  if (old.length * next.length > mostPairs) return [...marked("-", old), ...marked("+", next)];
  const common = commonLengths(old, next);
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < next.length) {
    const [from, to] = [old[i], next[j]];
    if (from !== undefined && from === to) {
      lines.push({ mark: " ", text: from });
      i += 1;
      j += 1;
    } else if (from !== undefined && (to === undefined || at(common, i + 1, j) >= at(common, i, j + 1))) {
      lines.push({ mark: "-", text: from });
      i += 1;
    } else {
      lines.push({ mark: "+", text: to ?? "" });
      j += 1;
    }
  }
  return lines;
}

/** Lengths of the longest common subsequences of the ends of both, by where they begin. */
function commonLengths(old: readonly string[], next: readonly string[]): readonly Uint32Array[] {
  const rows = Array.from({ length: old.length + 1 }, () => new Uint32Array(next.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = next.length - 1; j >= 0; j -= 1) {
      const row = rows[i];
      if (row !== undefined)
        row[j] = old[i] === next[j] ? at(rows, i + 1, j + 1) + 1 : Math.max(at(rows, i + 1, j), at(rows, i, j + 1));
    }
  return rows;
}

function at(rows: readonly Uint32Array[], i: number, j: number): number {
  return rows[i]?.[j] ?? 0;
}

function marked(mark: DiffLine["mark"], texts: readonly string[]): readonly DiffLine[] {
  return texts.map((text) => ({ mark, text }));
}

/** Leaves out what stays and stands far from every change. */
function folded(lines: readonly DiffLine[]): readonly DiffLine[] {
  const near = new Set(
    lines.flatMap(({ mark }, index) =>
      mark === " " ? [] : Array.from({ length: 2 * context + 1 }, (_, offset) => index - context + offset),
    ),
  );
  return lines.flatMap((line, index) => {
    if (near.has(index)) return [line];
    return index === 0 || near.has(index - 1) ? [{ mark: " ", text: "…" }] : [];
  });
}
