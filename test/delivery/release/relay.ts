import type { SessionEnd } from "../../../delivery/release/session.ts";
import type { Releaser } from "./releaser.ts";
import type { World } from "./world.ts";

/** A lease that nobody renews, until the next releaser has taken it and begun to watch, in milliseconds. */
const takeover = 25_000;

/**
 * A release that goes from one releaser to the next: one that is killed says nothing any more, and one that is asked to stop while it waits for
 * the lease leaves the release to the next.
 */
export class Relay {
  readonly #world: World;
  /** Called when nobody watches the release for so long, in milliseconds. */
  readonly #onUnwatched: (ms: number) => void;
  readonly #over = Promise.withResolvers<SessionEnd>();
  #releaser: Releaser;

  constructor(world: World, onUnwatched: (ms: number) => void) {
    this.#world = world;
    this.#onUnwatched = onUnwatched;
    this.#releaser = this.#run();
  }

  /** The release's end, whoever comes to it. */
  get over(): Promise<SessionEnd> {
    return this.#over.promise;
  }

  abort(): void {
    this.#releaser.abort();
  }

  /** Does nothing where there is no release. */
  kill(): void {
    if (this.#world.ledger.current === null) return;
    this.#releaser.kill();
    this.#next();
  }

  #next(): void {
    this.#onUnwatched(takeover);
    this.#releaser = this.#run();
  }

  #run(): Releaser {
    const one = this.#world.releaser();
    one.release().then(this.#over.resolve, (error: unknown) => {
      if (one.isAborted && this.#world.ledger.current !== null) this.#next();
      else this.#over.reject(error);
    });
    return one;
  }
}
