/** A part of a text: a frame that is closed whatever is within it, and items that may be told at more or less length. */
export interface Section {
  /** Before the items. */
  readonly open: string;
  /** Each item in versions, the longest first; each of them is whole in itself. */
  readonly items: readonly (readonly string[])[];
  /** After the items. @default nothing */
  readonly close?: string;
}

/** One item, and how much of it is told: `versions.length` is nothing. */
interface Place {
  readonly versions: readonly string[];
  chosen: number;
}

/**
 * Puts sections together into a text of at most so many characters. Every item is told in its shortest version before any is told in a longer
 * one, and earlier items come first. What finds no room is left out, which the text says; whole sections go from the end.
 *
 * @param elsewhere where all of it is: Markdown, one line
 */
export function fitted(sections: readonly Section[], most: number, elsewhere: string): string {
  const moreSections = (count: number) => `_${count} more ${count === 1 ? "part" : "parts"}: ${elsewhere}._\n`;
  const moreItems = (count: number) => `_${count} more: ${elsewhere}._\n\n`;
  const frames = sections.map(
    ({ open, items, close = "" }) => open.length + close.length + moreItems(items.length).length,
  );
  let left = most - moreSections(sections.length).length;
  let kept = 0;
  for (const frame of frames) {
    if (frame > left) break;
    left -= frame;
    kept += 1;
  }
  const placed = sections.slice(0, kept).map((section) => ({
    ...section,
    places: section.items.map((versions): Place => ({ versions, chosen: versions.length })),
  }));
  tellMore(
    placed.flatMap(({ places }) => places),
    left,
  );
  const missing = sections.length - kept;
  const parts = placed.map(({ open, places, close = "" }) => {
    const untold = places.filter(({ versions, chosen }) => chosen === versions.length).length;
    return `${open}${places.map(textOf).join("")}${untold === 0 ? "" : moreItems(untold)}${close}`;
  });
  const text = `${parts.join("")}${missing === 0 ? "" : moreSections(missing)}`;
  return text.length > most ? "" : text;
}

/** Spends what is left on longer versions, one version at a time for all of them. */
function tellMore(places: readonly Place[], budget: number): void {
  let left = budget;
  const rounds = places.reduce((longest, { versions }) => Math.max(longest, versions.length), 0);
  for (let round = 1; round <= rounds; round += 1)
    for (const place of places) {
      const longer = place.versions[place.versions.length - round];
      if (longer === undefined) continue;
      const more = longer.length - textOf(place).length;
      if (more > left) continue;
      left -= more;
      place.chosen = place.versions.length - round;
    }
}

function textOf({ versions, chosen }: Place): string {
  return versions[chosen] ?? "";
}
