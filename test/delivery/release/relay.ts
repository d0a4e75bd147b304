import { UserError } from "../../../components/errors/user-error.ts";
import { LeaseLostError } from "../../../delivery/cluster/errors.ts";
import type { SessionEnd } from "../../../delivery/release/session.ts";
import type { Releaser } from "./releaser.ts";
import type { World } from "./world.ts";

/** A lease that nobody renews, until the next releaser has taken it and begun to watch, in milliseconds. */
const takeover = 25_000;
/** Releasers of one release: more do not get anywhere. */
const mostReleasers = 60;

type Work = (releaser: Releaser) => Promise<SessionEnd>;

/**
 * A release that goes from one releaser to the next: one that is killed says nothing any more; one that another one shuts out, that is refused,
 * or that is asked to stop while it waits for the lease, leaves the release to whoever is there, or to the next.
 */
export class Relay {
  readonly #world: World;
  /** Called when nobody watches the release for so long, in milliseconds. */
  readonly #onUnwatched: (ms: number) => void;
  readonly #over = Promise.withResolvers<"over" | "held">();
  /** The oldest first. */
  readonly #running = new Set<Releaser>();
  readonly #work: Work;
  #releasers = 0;

  /** @param work what the first releaser does, and whoever goes on where it was killed @default it releases */
  constructor(world: World, onUnwatched: (ms: number) => void, work: Work = (releaser) => releaser.release()) {
    this.#world = world;
    this.#onUnwatched = onUnwatched;
    this.#work = work;
    this.run(work);
  }

  /** What the last of the releasers leaves: no release under way, or one that waits for a person. Rejects with what none of them should meet. */
  get over(): Promise<"over" | "held"> {
    return this.#over.promise;
  }

  /** One more process, beside those that are there. */
  run(work: Work): void {
    this.#releasers += 1;
    if (this.#releasers > mostReleasers) {
      this.#over.reject(new Error(`${mostReleasers} releasers did not come to an end`));
      return;
    }
    const one = this.#world.releaser();
    this.#running.add(one);
    const ended = (end?: SessionEnd): void => {
      this.#running.delete(one);
      this.#goOn(end);
    };
    work(one).then(ended, (error: unknown) => {
      const isExpected = one.isAborted || error instanceof LeaseLostError || error instanceof UserError;
      if (isExpected) ended();
      else this.#over.reject(error);
    });
  }

  /** SIGTERM for whoever began first. */
  abort(): void {
    this.#first?.abort();
  }

  /** SIGKILL for whoever began first. Does nothing where there is no release. */
  kill(): void {
    const one = this.#first;
    if (this.#world.ledger.current === null || one === undefined) return;
    one.kill();
    this.#running.delete(one);
    this.#goOn();
    this.#onUnwatched(takeover);
  }

  get #first(): Releaser | undefined {
    return [...this.#running][0];
  }

  #goOn(end?: SessionEnd): void {
    if (this.#running.size > 0) return;
    if (this.#world.ledger.current === null) this.#over.resolve("over");
    else if (end?.end === "held") this.#over.resolve("held");
    else {
      this.#onUnwatched(takeover);
      this.run(this.#work);
    }
  }
}
