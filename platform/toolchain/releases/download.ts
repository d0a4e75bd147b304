import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { appendFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { Workshop } from "../recipe.ts";
import { DownloadError, messageOf, reasonOf, type Answer, type ReleaseNetwork } from "./network.ts";
import { StallTimer } from "./stall-timer.ts";

/** Far more than any list of checksums or manifest of an image. */
const maxTextBytes = 2 ** 20;

/** A way of asking for an address: {@link ReleaseNetwork.request}, or one that can authorise itself. */
export type Ask = (official: URL, timer: StallTimer) => Promise<Answer>;

/** Downloads for one tool: within its time, noted in its log, and shown while they go on. */
export class Downloads {
  readonly network: ReleaseNetwork;
  readonly #workshop: Workshop;
  readonly #signal: AbortSignal;

  constructor(network: ReleaseNetwork, workshop: Workshop) {
    this.network = network;
    this.#workshop = workshop;
    const { toolMs } = network.limits;
    const deadline = AbortSignal.timeout(toolMs);
    this.#signal = workshop.signal === undefined ? deadline : AbortSignal.any([workshop.signal, deadline]);
  }

  /** The content of a small file. Rejects with {@link DownloadError}. */
  async read(official: URL, ask: Ask = this.#ask): Promise<{ readonly content: Buffer; readonly answer: Answer }> {
    const chunks: Uint8Array[] = [];
    const answer = await this.#receive(official, ask, maxTextBytes, async (received) => {
      for await (const chunk of received) chunks.push(chunk);
    });
    return { content: Buffer.concat(chunks), answer };
  }

  /** Writes a file and gives its SHA-256. The file is whole only when this resolves. Rejects with {@link DownloadError}. */
  async save(official: URL, file: string, label: string, ask: Ask = this.#ask): Promise<string> {
    const hash = createHash("sha256");
    const { update } = this.#workshop;
    await this.#receive(official, ask, this.network.limits.maxBytes, async (received, expected) => {
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        let bytes = 0;
        let shown = -1;
        for await (const chunk of received) {
          hash.update(chunk);
          bytes += chunk.length;
          const megabytes = Math.floor(bytes / 1e6);
          if (megabytes > shown) update(`${label}: ${progress(megabytes, expected)}`);
          shown = megabytes;
          yield chunk;
        }
      };
      await pipeline(counted(), createWriteStream(file, { flags: "wx" }));
    });
    return hash.digest("hex");
  }

  readonly #ask: Ask = (official, timer) => this.network.request(official, { timer });

  async #receive(
    official: URL,
    ask: Ask,
    maxBytes: number,
    take: (received: AsyncIterable<Uint8Array>, expected: number | undefined) => Promise<void>,
  ): Promise<Answer> {
    const startedAt = performance.now();
    using timer = new StallTimer(this.network.limits.stallMs, this.#signal);
    let bytes = 0;
    try {
      const answer = await ask(official, timer);
      const { url, status, body } = answer;
      try {
        if (status !== 200) throw new DownloadError(url, `HTTP ${status}`);
        const expected = lengthOf(answer);
        if (expected !== undefined && expected > maxBytes) throw new DownloadError(url, tooLarge(maxBytes));
        const received = async function* (): AsyncGenerator<Uint8Array> {
          for await (const chunk of body as AsyncIterable<Uint8Array>) {
            timer.feed();
            bytes += chunk.length;
            if (bytes > maxBytes) throw new DownloadError(url, tooLarge(maxBytes));
            yield chunk;
          }
        };
        await take(received(), expected);
        await this.#note(`${url.origin}${url.pathname}: ${bytes} bytes in ${seconds(startedAt)}`);
        return answer;
      } catch (error) {
        if (timer.signal.aborted) throw reasonOf(url, timer);
        if (error instanceof DownloadError) throw error;
        throw new DownloadError(url, `ended after ${bytes} bytes: ${messageOf(error)}`, { cause: error });
      } finally {
        body.destroy();
      }
    } catch (error) {
      const failure = this.#explain(official, error);
      await this.#note(`${failure.message} (after ${seconds(startedAt)})`);
      throw failure;
    }
  }

  #explain(official: URL, error: unknown): Error {
    const { signal } = this.#workshop;
    // The user's abort stays what it is.
    if (signal?.aborted === true) return signal.reason as Error;
    if (!this.#signal.aborted) return error instanceof Error ? error : new Error(String(error));
    const reason = `not there after ${this.network.limits.toolMs / 1000} s, which is all that the tool's downloads may take`;
    return new DownloadError(official, reason, { cause: error });
  }

  async #note(text: string): Promise<void> {
    await appendFile(this.#workshop.log, `${text}\n`);
  }
}

function lengthOf({ headers }: Answer): number | undefined {
  const length = Number(headers["content-length"]);
  return Number.isSafeInteger(length) ? length : undefined;
}

function progress(megabytes: number, expected: number | undefined): string {
  return expected === undefined ? `${megabytes} MB` : `${megabytes} of ${Math.ceil(expected / 1e6)} MB`;
}

function tooLarge(maxBytes: number): string {
  return `is larger than ${Math.round(maxBytes / 2 ** 20)} MiB`;
}

function seconds(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
