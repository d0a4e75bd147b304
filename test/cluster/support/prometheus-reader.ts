import assert from "node:assert/strict";
import { eventually } from "../../support/eventually.ts";

/** Asks a Prometheus for single numbers. */
export class PrometheusReader {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** The value of the only series; undefined where there is none. @param at in seconds since 1970 @default now */
  async query(promql: string, at?: number): Promise<number | undefined> {
    const url = new URL("/api/v1/query", this.#url);
    url.searchParams.set("query", promql);
    if (at !== undefined) url.searchParams.set("time", String(at));
    const answer = await fetch(url);
    const text = await answer.text();
    assert.equal(answer.status, 200, `${promql}: ${text}`);
    const { data } = JSON.parse(text) as { data: { result: { value: [number, string] }[] } };
    const [only, ...more] = data.result;
    assert.deepEqual(more, [], promql);
    return only && Number(only.value[1]);
  }

  /** Waits until a query has this value, or no value. */
  async becomes(promql: string, value: number | undefined): Promise<void> {
    let last: number | undefined;
    await eventually(`${promql} is ${value ?? "gone"}`, async () => {
      last = await this.query(promql);
      return last === value ? true : undefined;
    }).catch((cause: unknown) => {
      throw new Error(`${promql} is ${last ?? "not there"}, and not ${value ?? "gone"}`, { cause });
    });
  }
}
