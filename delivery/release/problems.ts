/** A read or two that fail are no news; what lasts for longer is, in milliseconds. */
const newsAfter = 2_000;

/** Tells of problems that last, each once for as long as it is there again and again. */
export class Problems {
  readonly #tell: (problem: string) => void;
  readonly #since = new Map<string, number>();
  readonly #told = new Set<string>();

  constructor(tell: (problem: string) => void) {
    this.#tell = tell;
  }

  /**
   * Takes in what is wrong at the moment, which is looked at several times a second.
   *
   * @param now milliseconds of a monotonic clock
   */
  see(problems: readonly string[], now: number): void {
    for (const known of this.#since.keys()) if (!problems.includes(known)) this.#since.delete(known);
    for (const problem of problems) {
      const since = this.#since.get(problem) ?? now;
      this.#since.set(problem, since);
      if (now - since < newsAfter || this.#told.has(problem)) continue;
      this.#told.add(problem);
      this.#tell(problem);
    }
  }
}
