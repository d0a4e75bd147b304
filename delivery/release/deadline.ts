import type { Clock } from "./ports.ts";

/** A deadline passed before something was done. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";

  constructor(ms: number) {
    super(`not done within ${ms / 1000} s`);
  }
}

/** Does `work` with a signal that fires after `ms` with a {@link DeadlineError}, or as soon as `parent` does. */
export async function within<T>(
  clock: Clock,
  ms: number,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const expired = new AbortController();
  const done = new AbortController();
  clock.sleep(ms, AbortSignal.any([parent, done.signal])).then(
    () => {
      expired.abort(new DeadlineError(ms));
    },
    () => undefined,
  );
  try {
    return await work(AbortSignal.any([parent, expired.signal]));
  } finally {
    done.abort();
  }
}
