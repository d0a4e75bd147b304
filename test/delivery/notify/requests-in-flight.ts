import diagnostics from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** A request without an answer after so long, in milliseconds of real time, is one that gets none. */
const silentAfter = 250;

/** Where Node tells of a request of its own client. */
const nodeRequests = "http.client.request.start";

/** Knows of every request under way, by `fetch` or by Node's own client, so that virtual time stands still while sockets of this machine are at work. */
export class RequestsInFlight implements Disposable {
  readonly #original = globalThis.fetch;
  readonly #waitedFor = new Set<Promise<unknown>>();

  constructor() {
    globalThis.fetch = (input, init) => {
      const answer = this.#original(input, init);
      const settled = answer.then(
        () => undefined,
        () => undefined,
      );
      this.#waitFor(settled);
      return answer;
    };
    diagnostics.subscribe(nodeRequests, this.#onNodeRequest);
  }

  readonly #onNodeRequest = (message: unknown): void => {
    const { request } = message as { readonly request: ClientRequest };
    this.#waitFor(new Promise<void>((resolve) => request.once("close", resolve)));
  };

  #waitFor(settled: Promise<unknown>): void {
    this.#waitedFor.add(settled);
    void settled.then(() => this.#waitedFor.delete(settled));
  }

  /** Resolves when every request is answered, or will not be. */
  async quiet(): Promise<void> {
    // An answer's body is read, and acted on, within a few turns.
    for (let turn = 0; turn < 12; turn += 1) await new Promise(setImmediate);
    while (this.#waitedFor.size > 0) {
      const waited = [...this.#waitedFor];
      const late = new AbortController();
      const silence = delay(silentAfter, "silent", { signal: late.signal }).catch(() => "over");
      const first = await Promise.race([...waited, silence]);
      late.abort();
      if (first === "silent") for (const each of waited) this.#waitedFor.delete(each);
      for (let turn = 0; turn < 12; turn += 1) await new Promise(setImmediate);
    }
  }

  [Symbol.dispose](): void {
    globalThis.fetch = this.#original;
    diagnostics.unsubscribe(nodeRequests, this.#onNodeRequest);
  }
}
