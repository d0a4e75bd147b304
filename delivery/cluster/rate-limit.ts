import type { Clock } from "../release/ports.ts";

/** Lets so many pass a second, in their order, after a short burst. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #burst: number;
  /** When the next one may pass, if nothing was saved up. */
  #next = -Infinity;

  /** @param burst how many may pass at once after a pause */
  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#interval = 1000 / perSecond;
    this.#burst = burst;
  }

  /** Resolves when it is one's turn. */
  async pass(signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic();
    const turn = Math.max(this.#next, now - (this.#burst - 1) * this.#interval);
    this.#next = turn + this.#interval;
    if (turn > now) await this.#clock.sleep(turn - now, signal);
  }
}
