import { createClient } from "redis";
import { DependencyError } from "./api-error.ts";
import { within } from "./deadline.ts";

export interface CacheOptions {
  readonly url: string;
  /** Longest wait for an answer, in milliseconds. @default 1000 */
  readonly timeoutMs?: number;
  /** Told of a lost connection or a failed attempt to reconnect; the client goes on trying by itself. */
  readonly onConnectionError: (error: Error) => void;
}

function createRedisClient({ url }: CacheOptions) {
  return createClient({
    url,
    // A command while there is no connection fails at once: a cache that waits is worse than none.
    disableOfflineQueue: true,
    // A peer that vanished without a word is noticed by pings that go unanswered.
    pingInterval: 3_000,
    socket: {
      connectTimeout: 2_000,
      socketTimeout: 8_000,
      reconnectStrategy: (attempts) => Math.min(100 * 2 ** attempts, 2_000),
    },
  });
}

/** Redis, as a place for values that can be computed again. */
export class Cache {
  readonly #client: ReturnType<typeof createRedisClient>;
  readonly #timeoutMs: number;

  constructor(options: CacheOptions) {
    this.#timeoutMs = options.timeoutMs ?? 1_000;
    this.#client = createRedisClient(options);
    // Without a listener a lost connection would end the process.
    this.#client.on("error", options.onConnectionError);
  }

  /** Begins to connect, and goes on until it succeeds or `close` is called. Does not wait. */
  start(): void {
    // The client reports each failed attempt through its error event; the promise says nothing more.
    this.#client.connect().catch(() => undefined);
  }

  /** Throws a {@link DependencyError} unless Redis answers. */
  async ping(): Promise<void> {
    await this.#ask(() => this.#client.ping());
  }

  async get(key: string): Promise<string | null> {
    return await this.#ask(() => this.#client.get(key));
  }

  async set(key: string, value: string, lifetimeSeconds: number): Promise<void> {
    await this.#ask(() => this.#client.set(key, value, { expiration: { type: "EX", value: lifetimeSeconds } }));
  }

  close(): void {
    this.#client.destroy();
  }

  async #ask<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await within(this.#timeoutMs, command());
    } catch (error) {
      throw new DependencyError("redis", error);
    }
  }
}
