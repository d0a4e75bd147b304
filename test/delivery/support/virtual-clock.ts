import type { Clock } from "../../../delivery/release/ports.ts";

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** Time that passes only when everybody waits for it. Drive it with {@link VirtualClock.settle}. */
export class VirtualClock implements Clock {
  readonly #origin = Date.UTC(2026, 0, 1);
  #elapsed = 0;
  #sleepers: Sleeper[] = [];
  /** Resolves when everybody who is not asleep has done what there is to do. Another one may wait for real sockets. */
  quiet: () => Promise<void> = () => new Promise(setImmediate);

  now(): number {
    return this.#origin + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((each) => each !== sleeper);
        reject(signal.reason as Error);
      };
      const sleeper: Sleeper = {
        due: this.#elapsed + Math.max(0, ms),
        wake: () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      signal.addEventListener("abort", onAbort, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** Lets time pass, from one awakening to the next, until the promise settles. Rejects when nobody is left to wake, or after `limit` ms. */
  async settle<T>(promise: Promise<T>, limit = 24 * 3_600_000): Promise<T> {
    const state = { settled: false };
    const watched = promise.finally(() => {
      state.settled = true;
    });
    watched.catch(() => undefined);
    const end = this.#elapsed + limit;
    for (;;) {
      await this.quiet();
      if (state.settled) return watched;
      if (!this.#wakeNext(end)) throw new Error(`nothing happens any more at ${this.#elapsed / 1000} s`);
    }
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    await this.settle(this.sleep(ms, new AbortController().signal));
  }

  #wakeNext(end: number): boolean {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) if (next === undefined || sleeper.due < next.due) next = sleeper;
    if (next === undefined || next.due > end) return false;
    this.#sleepers = this.#sleepers.filter((each) => each !== next);
    this.#elapsed = Math.max(this.#elapsed, next.due);
    next.wake();
    return true;
  }
}
