const first = 2_000;
const longest = 300_000;

/**
 * How long to wait after failures in a row, in milliseconds: twice as long each time, up to five minutes, and somewhere in the upper half of
 * that, so that several who failed together do not come back together.
 *
 * @param attempts that failed before this one
 * @param random from 0 to 1
 */
export function backoff(attempts: number, random: number): number {
  const most = Math.min(longest, first * 2 ** Math.min(attempts, 30));
  return Math.round(most * (0.5 + random / 2));
}
