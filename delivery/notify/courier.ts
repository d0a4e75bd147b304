// Brings what is in the outbox to where people look, beside the release and never in its way.
import type { Clock, Notifier } from "../release/ports.ts";
import { isMoving } from "../release/state-machine.ts";
import type { JournalEntry, ReleaseState } from "../release/state.ts";
import { Sender, type SenderOptions } from "./sender.ts";
import { WakeUp } from "./wake-up.ts";

/** Between two rounds, in milliseconds: each writes the ledger twice. */
const leastPause = 1_000;
/** The ledger is looked at so often even if nobody says that there is something new, in milliseconds. */
const lookEvery = 10_000;
/** While traffic is on the move the ledger is the release's alone; for so long, in milliseconds, lest nobody hears of a way back that hangs. */
const quietFor = 5_000;

/** Sends messages in the background while a release runs, and what is left at its end. Never throws, and nobody waits for it before that. */
export class Courier implements Notifier {
  readonly #clock: Clock;
  readonly #sender: Sender;
  readonly #news = new WakeUp();
  readonly #closing = new AbortController();
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** Monotonic time at which the move began. */
  #movingSince: number | undefined;

  constructor(options: SenderOptions) {
    this.#clock = options.clock;
    this.#sender = new Sender(options);
  }

  start(): void {
    this.#running = this.#run();
  }

  notify(_entry: JournalEntry, { phase }: ReleaseState): void {
    this.#movingSince = isMoving(phase) ? this.#clock.monotonic() : undefined;
    this.#news.wake();
  }

  trouble(): void {
    // What is tried again at once is no news for people elsewhere.
  }

  /**
   * Sends what can be sent within a time, and ends. What is left stays in the ledger.
   *
   * @param patience in milliseconds
   * @param signal ends it at once
   */
  async drain(patience: number, signal: AbortSignal): Promise<void> {
    const clock = this.#clock;
    const end = clock.monotonic() + patience;
    const done = new AbortController();
    const ending = clock.sleep(patience, AbortSignal.any([signal, done.signal])).catch(() => undefined);
    void ending.then(() => {
      this.#stop.abort(new Error("the run ended while it was being sent"));
    });
    this.#closing.abort();
    await this.#running;
    while (!this.#stop.signal.aborted) {
      const due = await this.#round();
      const wait = due === undefined ? Infinity : Math.max(0, due - clock.now());
      if (clock.monotonic() + wait >= end) break;
      await this.#sleep(wait);
    }
    done.abort();
    await ending;
  }

  async #run(): Promise<void> {
    const ended = AbortSignal.any([this.#closing.signal, this.#stop.signal]);
    while (!ended.aborted) {
      const due = this.#isQuiet() ? this.#clock.now() : await this.#round();
      await this.#clock.sleep(leastPause, ended).catch(() => undefined);
      const wait = due === undefined ? lookEvery : Math.min(lookEvery, due - this.#clock.now());
      if (wait > 0) await this.#news.within(wait, this.#clock, ended);
    }
  }

  /** The instant at which there is more to do. A ledger that cannot be reached now may be later. */
  async #round(): Promise<number | undefined> {
    try {
      return await this.#sender.round(this.#stop.signal);
    } catch {
      return this.#clock.now() + leastPause;
    }
  }

  async #sleep(ms: number): Promise<void> {
    await this.#clock.sleep(ms, this.#stop.signal).catch(() => undefined);
  }

  #isQuiet(): boolean {
    const since = this.#movingSince;
    return since !== undefined && this.#clock.monotonic() - since < quietFor;
  }
}
