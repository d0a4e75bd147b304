import type { Answer } from "../gate/measurement.ts";
import type { PrometheusClient } from "./client.ts";

/** One query with its answer, as evidence. */
export interface AskedQuery {
  readonly name: string;
  readonly promql: string;
  readonly answer: Answer;
}

/** The queries of one measurement, all at the same instant. Keeps what was asked and what Prometheus remarked. */
export class Inquiry {
  readonly asked: AskedQuery[] = [];
  readonly #client: PrometheusClient;
  readonly #at: number | undefined;
  readonly #signal: AbortSignal;
  readonly #warnings = new Set<string>();

  /** @param at in seconds since the Unix epoch, by the clock of Prometheus; `undefined`: when each is asked */
  constructor(client: PrometheusClient, at: number | undefined, signal: AbortSignal) {
    this.#client = client;
    this.#at = at;
    this.#signal = signal;
  }

  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** @param name what the query asks for, for people */
  async ask(name: string, promql: string): Promise<Answer> {
    const { answer, warnings } = await this.#client.query(promql, this.#signal, this.#at);
    for (const warning of warnings) this.#warnings.add(warning);
    this.asked.push({ name, promql, answer });
    return answer;
  }
}
