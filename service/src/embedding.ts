/** Length of every embedding. */
export const dimensions = 256;

/**
 * A unit vector for a text, by feature hashing (Weinberger et al. 2009): every word and every run of three letters in a
 * word adds ±1 at an index that its hash chooses. The same text gives the same vector on every machine, with no model to
 * load. Null for a text without letters and digits, which has no direction.
 */
export function embed(text: string): number[] | null {
  const vector = new Array<number>(dimensions).fill(0);
  for (const feature of features(text)) {
    const hash = fnv1a(feature);
    const index = hash % dimensions;
    vector[index] = (vector[index] ?? 0) + ((hash & 0x8000_0000) === 0 ? 1 : -1);
  }
  const norm = Math.hypot(...vector);
  return norm === 0 ? null : vector.map((value) => value / norm);
}

function* features(text: string): Generator<string> {
  for (const [word] of text
    .normalize("NFKC")
    .toLowerCase()
    .matchAll(/[\p{L}\p{N}]+/gu)) {
    yield word;
    const framed = `^${word}$`;
    for (let start = 0; start + 3 <= framed.length; start += 1) yield framed.slice(start, start + 3);
  }
}

/** The 32-bit FNV-1a hash of the text's UTF-8 bytes. */
function fnv1a(text: string): number {
  let hash = 0x811c_9dc5;
  for (const byte of Buffer.from(text, "utf8")) hash = Math.imul(hash ^ byte, 0x0100_0193) >>> 0;
  return hash;
}
