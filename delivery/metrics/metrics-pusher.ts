import type { Ledger } from "../../components/ledger/ledger.ts";

export interface MetricsPusherOptions {
  readonly read: (signal: AbortSignal) => Promise<Ledger>;
  /** Resolves to whether there is somewhere to push to. */
  readonly push: (ledger: Ledger, signal: AbortSignal) => Promise<boolean>;
}

/** Pushes what the ledger says while a release runs, and at its end. One push at a time, so that the newest is the last one. */
export class MetricsPusher {
  readonly #options: MetricsPusherOptions;
  #running: Promise<void> | undefined;
  #woken = false;

  constructor(options: MetricsPusherOptions) {
    this.#options = options;
  }

  /** There is something new in the ledger. Returns at once. What goes wrong is no news until the {@link last} push. */
  wake(): void {
    this.#woken = true;
    this.#running ??= this.#pushWhileWoken();
  }

  /** Pushes this ledger, after what is under way. Resolves to whether there is somewhere to push to; rejects with a PushError. */
  async last(ledger: Ledger, signal: AbortSignal): Promise<boolean> {
    this.#woken = false;
    await this.#running;
    return this.#options.push(ledger, signal);
  }

  async #pushWhileWoken(): Promise<void> {
    const { read, push } = this.#options;
    const { signal } = new AbortController();
    while (this.#woken) {
      this.#woken = false;
      await read(signal)
        .then((ledger) => push(ledger, signal))
        .catch(() => false);
    }
    this.#running = undefined;
  }
}
