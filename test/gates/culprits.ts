import type { TestEntry } from "./journal.ts";

/**
 * The fewest tests that, run before another one, make `happens` true: by halves. One test is found in twice log2(n) questions; where it takes several
 * that lie in both halves, they are all given, as far as they could be narrowed down.
 *
 * @param suspects in the order in which they run; all of them together make it happen
 * @param happens runs these and then the test in question; undefined where there is no time left
 * @returns undefined if time ran out
 */
export async function culpritsAmong(
  suspects: readonly TestEntry[],
  happens: (tests: readonly TestEntry[]) => Promise<boolean | undefined>,
): Promise<readonly TestEntry[] | undefined> {
  let culprits = suspects;
  while (culprits.length > 1) {
    const middle = Math.ceil(culprits.length / 2);
    const halves = [culprits.slice(0, middle), culprits.slice(middle)];
    let guilty: readonly TestEntry[] | undefined;
    for (const half of halves) {
      const answer = await happens(half);
      if (answer === undefined) return undefined;
      if (answer) {
        guilty = half;
        break;
      }
    }
    if (guilty === undefined) return culprits;
    culprits = guilty;
  }
  return culprits;
}
