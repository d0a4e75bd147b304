interface Waiting {
  readonly start: () => void;
  readonly replaced: () => void;
}

interface Group {
  /** Cancels what runs. */
  cancel: () => void;
  waiting: Waiting | undefined;
}

/** GitHub's concurrency groups: one runs, one waits, and whoever comes later takes the place of the one that waits. */
export class ConcurrencyGroups {
  readonly #groups = new Map<string, Group>();

  /**
   * Resolves once it may run, with what gives its place up again; with undefined where a newer one took its place while it waited.
   *
   * @param cancel ends the one that asks, should a newer one of its group cancel it
   */
  async enter(
    name: string,
    { cancelInProgress, cancel }: { readonly cancelInProgress: boolean; readonly cancel: () => void },
  ): Promise<Disposable | undefined> {
    const group: Group = { cancel, waiting: undefined };
    const running = this.#groups.get(name);
    if (running === undefined) this.#groups.set(name, group);
    else {
      running.waiting?.replaced();
      if (cancelInProgress) running.cancel();
      const mayStart = await new Promise<boolean>((resolve) => {
        running.waiting = {
          start: () => {
            this.#groups.set(name, group);
            resolve(true);
          },
          replaced: () => {
            resolve(false);
          },
        };
      });
      if (!mayStart) return undefined;
    }
    return {
      [Symbol.dispose]: () => {
        if (group.waiting === undefined) this.#groups.delete(name);
        else group.waiting.start();
      },
    };
  }
}
