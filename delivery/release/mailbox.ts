/** Letters that are taken in the order in which they were put. One taker at a time. */
export class Mailbox<T> {
  readonly #letters: T[] = [];
  #arrived = Promise.withResolvers<undefined>();

  put(letter: T): void {
    this.#letters.push(letter);
    this.#arrived.resolve(undefined);
  }

  /** The oldest letter, if there is one. */
  take(): T | undefined {
    const letter = this.#letters.shift();
    if (this.#letters.length === 0) this.#arrived = Promise.withResolvers();
    return letter;
  }

  /** Resolves when there is something to take. */
  arrival(): Promise<undefined> {
    return this.#arrived.promise;
  }
}
