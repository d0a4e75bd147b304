import { Agent, request } from "node:http";

export interface OpenLoopOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Requests a second, however long answers take. */
  readonly perSecond: number;
  /** Answers with this status are kept one by one. */
  readonly keepStatus: number;
}

/** One answer; instants in milliseconds since the Unix epoch, by this machine's clock. */
export interface KeptAnswer {
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** What clients saw since they were last asked. */
export interface Taken {
  /** Requests that were answered or given up. */
  readonly requests: number;
  /** Answers by HTTP status; 0 is no answer. */
  readonly statuses: Readonly<Record<number, number>>;
  /** The answers with the status that is kept, in the order of their arrival. */
  readonly kept: readonly KeptAnswer[];
  /** Requests that were due and were not sent, because the machine was late or too many were under way. */
  readonly skipped: number;
  /** From the sending of a request to the end of its answer, in milliseconds. */
  readonly latency: { readonly p50: number; readonly p99: number };
}

const answerWithinMs = 10_000;
const mostUnderWay = 1_000;
const mostKept = 100_000;
/** A load that was held up does not make up for more than this by a burst, in milliseconds. */
const mostLateMs = 50;

/** Sends requests at a fixed rate, evenly spaced, whatever comes of those before: a slow answer does not make the load lighter. */
export class OpenLoop {
  readonly #options: OpenLoopOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Infinity, scheduling: "lifo" });
  #timer: NodeJS.Timeout | undefined;
  #nextAt = performance.now();
  #underWay = 0;
  #statuses: Record<number, number> = {};
  #kept: KeptAnswer[] = [];
  #latencies: number[] = [];
  #skipped = 0;

  constructor(options: OpenLoopOptions) {
    this.#options = options;
    this.#sendDue();
  }

  /** What was seen since the last call. */
  take(): Taken {
    const sorted = this.#latencies.sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    const taken = {
      requests: sorted.length,
      statuses: this.#statuses,
      kept: this.#kept,
      skipped: this.#skipped,
      latency: { p50: at(0.5), p99: at(0.99) },
    };
    this.#statuses = {};
    this.#kept = [];
    this.#latencies = [];
    this.#skipped = 0;
    return taken;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#agent.destroy();
  }

  #sendDue(): void {
    const interval = 1_000 / this.#options.perSecond;
    const now = performance.now();
    while (this.#nextAt <= now) {
      if (now - this.#nextAt > mostLateMs || this.#underWay >= mostUnderWay) this.#skipped += 1;
      else this.#send();
      this.#nextAt += interval;
    }
    this.#timer = setTimeout(() => {
      this.#sendDue();
    }, this.#nextAt - now);
  }

  #send(): void {
    const { url, headers } = this.#options;
    const sentAt = Date.now();
    let ended = false;
    const end = (status: number): void => {
      if (ended) return;
      ended = true;
      this.#underWay -= 1;
      this.#note(status, { sentAt, answeredAt: Date.now() });
    };
    this.#underWay += 1;
    const sent = request(url, { agent: this.#agent, headers, timeout: answerWithinMs });
    sent.once("timeout", () => sent.destroy());
    sent.once("close", () => {
      end(0);
    });
    sent.once("error", () => {
      end(0);
    });
    sent.once("response", (response) => {
      response.once("end", () => {
        end(response.statusCode ?? 0);
      });
      response.once("error", () => {
        end(0);
      });
      response.resume();
    });
    sent.end();
  }

  #note(status: number, answer: KeptAnswer): void {
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    this.#latencies.push(answer.answeredAt - answer.sentAt);
    if (status === this.#options.keepStatus && this.#kept.length < mostKept) this.#kept.push(answer);
  }
}
