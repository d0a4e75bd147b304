import type { Clock } from "../release/ports.ts";

/** Something to sleep on until there is news. News that comes while nobody sleeps is not lost. */
export class WakeUp {
  #isNews = false;
  #wake: (() => void) | undefined;

  wake(): void {
    this.#isNews = true;
    this.#wake?.();
  }

  /** Resolves at the next news, after `ms`, or when the signal fires. */
  async within(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    this.#wake = () => {
      done.abort();
    };
    if (this.#isNews) done.abort();
    await clock.sleep(ms, AbortSignal.any([signal, done.signal])).catch(() => undefined);
    this.#wake = undefined;
    this.#isNews = false;
  }
}
