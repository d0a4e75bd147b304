import http from "node:http";

/** What the visitors met. */
export interface Visits {
  readonly requests: number;
  /** Answers of 500 and above, and requests without an answer. */
  readonly failed: number;
}

/** Between two visits, in milliseconds. */
const every = 25;
/** They go home by themselves, should nobody send them: after half an hour at this pace. */
const most = (30 * 60_000) / every;
const timeout = 10_000;

/**
 * A steady trickle of requests to a service of this machine, so that a release in front of the user has something to be judged by. Without a
 * token they are answered with 401, which is an answer like any other.
 */
export class Visitors implements AsyncDisposable {
  readonly #url: URL;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  readonly #timer: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<void>>();
  #requests = 0;
  #failed = 0;

  constructor(url: URL) {
    this.#url = url;
    this.#timer = setInterval(() => {
      if (this.#requests >= most) clearInterval(this.#timer);
      else this.#visit();
    }, every);
  }

  get visits(): Visits {
    return { requests: this.#requests, failed: this.#failed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    this.#agent.destroy();
  }

  #visit(): void {
    this.#requests += 1;
    const visit = this.#ask().then((status) => {
      if (status >= 500) this.#failed += 1;
      this.#underWay.delete(visit);
    });
    this.#underWay.add(visit);
  }

  /** The status; 599 where there was no answer. */
  #ask(): Promise<number> {
    return new Promise((resolve) => {
      const request = http.get(this.#url, { agent: this.#agent, timeout }, (response) => {
        response.resume();
        response.once("close", () => {
          resolve(response.statusCode ?? 599);
        });
      });
      request.once("timeout", () => request.destroy());
      request.once("error", () => {
        resolve(599);
      });
    });
  }
}
