/** The longest that Node's timers wait, in milliseconds (24.8 days): one that is longer fires after 1 ms, with a warning alone. */
export const longestTimer = 2 ** 31 - 1;

/**
 * Runs `action` once after `ms` milliseconds, however many those are: a wait that is longer than a timer can be is cut into slices.
 *
 * @returns calls it off
 */
export function startTimer(ms: number, action: () => void): () => void {
  let left = ms;
  let timer: NodeJS.Timeout;
  const next = (): void => {
    const slice = Math.min(left, longestTimer);
    left -= slice;
    timer = setTimeout(() => {
      if (left > 0) next();
      else action();
    }, slice);
  };
  next();
  return () => {
    clearTimeout(timer);
  };
}
