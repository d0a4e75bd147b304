/** Its signal aborts when nothing arrives for a while, or when the other signal does. */
export class StallTimer implements Disposable {
  readonly signal: AbortSignal;
  readonly milliseconds: number;
  readonly #stalled = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(milliseconds: number, signal?: AbortSignal) {
    this.milliseconds = milliseconds;
    this.#timer = setTimeout(() => {
      this.#stalled.abort(new Error(`sent nothing for ${milliseconds / 1000} s`));
    }, milliseconds);
    this.signal = signal === undefined ? this.#stalled.signal : AbortSignal.any([this.#stalled.signal, signal]);
  }

  get hasStalled(): boolean {
    return this.#stalled.signal.aborted;
  }

  /** Something arrived: the time starts anew. */
  feed(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
