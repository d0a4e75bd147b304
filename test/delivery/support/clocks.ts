import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../../delivery/release/ports.ts";

/** The machine's clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};

/** A clock whose sleeps take no time: each moves the clock on by itself. */
export class SkippingClock implements Clock {
  #elapsed = 0;
  readonly #origin: number;
  /** How long each sleep was, in milliseconds. */
  readonly sleeps: number[] = [];

  constructor(origin = Date.UTC(2026, 0, 1)) {
    this.#origin = origin;
  }

  now(): number {
    return this.#origin + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.sleeps.push(ms);
    this.#elapsed += ms;
    // Lets answers that are under way arrive before time goes on.
    await new Promise(setImmediate);
    signal.throwIfAborted();
  }

  /** Moves the clock on. */
  advance(ms: number): void {
    this.#elapsed += ms;
  }
}
