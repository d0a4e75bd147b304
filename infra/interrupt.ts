/**
 * What ends the engine. Aborting the given signal has the engine get a SIGINT, on which it finishes its step and stops. A Ctrl-C at a
 * terminal reaches the engine by itself, because it is in the same process group; a second SIGINT would have it stop in the middle of a
 * step, so after one of those none is passed on.
 */
export class EngineInterrupt implements Disposable {
  readonly #controller = new AbortController();
  readonly #given: AbortSignal;
  readonly #terminal: boolean;
  #reached = false;

  constructor(given: AbortSignal, { terminal = process.stdin.isTTY }: { readonly terminal?: boolean } = {}) {
    this.#given = given;
    this.#terminal = terminal;
    // Before the handlers of the command, which abort the given signal.
    process.prependListener("SIGINT", this.#onInterrupt);
    given.addEventListener("abort", this.#onAbort);
  }

  /** For the Automation API. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly #onInterrupt = (): void => {
    this.#reached = this.#terminal;
  };

  readonly #onAbort = (): void => {
    if (!this.#reached) this.#controller.abort(this.#given.reason);
  };

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#onInterrupt);
    this.#given.removeEventListener("abort", this.#onAbort);
  }
}
