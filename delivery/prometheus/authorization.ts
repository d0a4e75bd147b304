import type { Scrubber } from "../http/scrubber.ts";

/** How a client of Prometheus proves who it is. Private, so that no log, JSON or inspection of an object shows it. */
export class Authorization {
  readonly #header: string;
  readonly #secrets: readonly string[];

  private constructor(header: string, secrets: readonly string[]) {
    this.#header = header;
    this.#secrets = secrets;
  }

  static bearer(token: string): Authorization {
    return new Authorization(`Bearer ${token}`, [token]);
  }

  static basic(username: string, password: string): Authorization {
    const pair = Buffer.from(`${username}:${password}`).toString("base64");
    return new Authorization(`Basic ${pair}`, [password, pair]);
  }

  /** The header for one request. */
  header(): Readonly<Record<string, string>> {
    return { authorization: this.#header };
  }

  /** Has the secrets hidden in what is shown of an answer: a proxy may echo what it was sent. */
  teach(scrubber: Scrubber): void {
    for (const secret of this.#secrets) scrubber.learn(secret);
  }
}
