import http from "node:http";
import { z } from "zod";
import type { KnownUser } from "./curl-lines.ts";

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

/** A steady trickle of requests to Atom on this machine, so that a release in front of the user has something to be judged by. */
export class Visitors implements AsyncDisposable {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  readonly #timer: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<void>>();
  #requests = 0;
  #failed = 0;

  private constructor(url: URL, token: string) {
    this.#url = url;
    this.#headers = { authorization: `Bearer ${token}` };
    this.#timer = setInterval(() => {
      if (this.#requests >= most) clearInterval(this.#timer);
      else this.#visit();
    }, every);
  }

  /** Logs in, and begins. */
  static async arrive(gateway: string, { username, password }: KnownUser, signal: AbortSignal): Promise<Visitors> {
    const answer = await fetch(new URL("/api/auth/login", gateway), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username, password }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    });
    const { access_token: token } = z.looseObject({ access_token: z.string() }).parse(await answer.json());
    return new Visitors(new URL("/api/skills", gateway), token);
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
      const request = http.get(this.#url, { agent: this.#agent, timeout, headers: this.#headers }, (response) => {
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
