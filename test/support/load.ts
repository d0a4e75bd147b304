import assert from "node:assert/strict";
import { Agent, request } from "node:http";

/** What clients saw of a service while a load ran. */
export interface LoadReport {
  readonly requests: number;
  /** Answers by HTTP status. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Requests that got no answer: refused, reset or timed out; one line each, at most 20. */
  readonly errors: readonly string[];
  /** Requests without an answer, and answers with a status of 500 and above. */
  readonly failed: number;
}

/** Users asked, and each was answered well. */
export function noneFailed({ requests, failed, errors }: LoadReport): void {
  assert.ok(requests > 100, `only ${requests} requests were sent`);
  assert.deepEqual({ failed, errors }, { failed: 0, errors: [] });
}

export interface LoadOptions {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Clients that send their next request when the last one was answered. @default 8 */
  readonly clients?: number;
  /** The load ends by itself after so many requests, so that a test that forgets it does no harm. @default 200000 */
  readonly maxRequests?: number;
  /** Pause of each client between two requests, in milliseconds. @default 5 */
  readonly pauseMs?: number;
  /** Is given every answer. @default nobody */
  readonly onAnswer?: (answer: Answer) => void;
}

/** One answer, as a client has it. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Instants, in milliseconds since the Unix epoch. */
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** A closed-loop load that counts every failure which a client can see. */
export class Load implements AsyncDisposable {
  readonly #options: LoadOptions;
  readonly #agent: Agent;
  readonly #clients: Promise<void>[];
  readonly #statuses: Record<number, number> = {};
  readonly #errors: string[] = [];
  #requests = 0;
  #unanswered = 0;
  #stopped = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    const clients = options.clients ?? 8;
    this.#agent = new Agent({ keepAlive: true, maxSockets: clients });
    this.#clients = Array.from({ length: clients }, () => this.#client());
  }

  get report(): LoadReport {
    const serverErrors = Object.entries(this.#statuses)
      .filter(([status]) => Number(status) >= 500)
      .reduce((sum, [, count]) => sum + count, 0);
    return {
      requests: this.#requests,
      statuses: { ...this.#statuses },
      errors: [...this.#errors],
      failed: serverErrors + this.#unanswered,
    };
  }

  /** Lets the requests under way finish, and resolves to what clients saw. */
  async stop(): Promise<LoadReport> {
    this.#stopped = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
    return this.report;
  }

  /** Resolves once `maxRequests` were answered. */
  async finished(): Promise<LoadReport> {
    await Promise.all(this.#clients);
    return this.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #client(): Promise<void> {
    const { maxRequests = 200_000, pauseMs = 5 } = this.#options;
    while (!this.#stopped && this.#requests < maxRequests) {
      this.#requests += 1;
      try {
        const status = await this.#send();
        this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
      } catch (error) {
        this.#unanswered += 1;
        if (this.#errors.length < 20) this.#errors.push(`${new Date().toISOString()} ${String(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  #send(): Promise<number> {
    return new Promise((resolve, reject) => {
      const sentAt = Date.now();
      const sent = request(this.#options.url, {
        agent: this.#agent,
        timeout: 10_000,
        ...(this.#options.headers === undefined ? {} : { headers: this.#options.headers }),
      });
      sent.once("timeout", () => sent.destroy(new Error("no answer within 10 s")));
      sent.once("error", reject);
      sent.once("response", (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => (body += text));
        response.once("end", () => {
          const status = response.statusCode ?? 0;
          this.#options.onAnswer?.({ status, body, sentAt, answeredAt: Date.now() });
          resolve(status);
        });
        response.once("error", reject);
      });
      sent.end();
    });
  }
}
