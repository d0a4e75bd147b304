import { cutText } from "../../components/text/cut.ts";
import { LeaseLostError } from "../cluster/errors.ts";
import type { Clock } from "./ports.ts";

const firstPause = 100;
const longestPause = 2_000;

export interface PersistOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds after which the last error is let through. @default never: until the signal fires or the lease is lost */
  readonly patience?: number;
  /** Which errors are worth another try. @default all */
  readonly retry?: (error: unknown) => boolean;
  /** Told of each failed try. */
  readonly onTrouble?: (error: unknown) => void;
}

/** Repeats `work` until it succeeds, with growing pauses. LeaseLostError and the signal's reason always come through. */
export async function persist<T>(work: () => Promise<T>, options: PersistOptions): Promise<T> {
  const { clock, signal, patience = Infinity, retry = () => true, onTrouble } = options;
  const start = clock.monotonic();
  for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof LeaseLostError || clock.monotonic() - start >= patience || !retry(error)) throw error;
      onTrouble?.(error);
    }
    // The last try is at the deadline, and not somewhat before it.
    await clock.sleep(Math.min(pause, patience - (clock.monotonic() - start)), signal);
  }
}

/** What went wrong, for people; never longer than a text may be. */
export function messageOf(error: unknown): string {
  return cutText(error instanceof Error ? error.message : String(error));
}
