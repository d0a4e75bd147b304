/** How long a test waits for a condition unless it says otherwise, in milliseconds. */
const defaultDeadlineMs = 30_000;
const intervalMs = 100;

/**
 * Waits until `probe` gives a value other than undefined and does not throw.
 * Throws after the deadline, with the last error of the probe as its cause.
 *
 * @param what names the condition in the error, e.g. "the weights are 90/10"
 */
export async function eventually<Value>(
  what: string,
  probe: () => Promise<Value | undefined> | Value | undefined,
  deadlineMs: number = defaultDeadlineMs,
): Promise<Value> {
  const end = performance.now() + deadlineMs;
  let cause: unknown;
  do {
    try {
      const value = await probe();
      if (value !== undefined) return value;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  } while (performance.now() < end);
  throw new Error(`waited ${deadlineMs / 1000} s in vain until ${what}`, { cause });
}
