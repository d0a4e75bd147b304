import { bucketEdges, noQueries, observed, type QueryTotals } from "../../components/ledger/counts.ts";
import type { RequestRecord } from "../prometheus/client.ts";
import { added } from "./count.ts";

/** Counts what a release asks of Prometheus, on top of what earlier releasers of the same release asked. */
export class QueryCounter {
  #counts = noQueries();
  #owned = false;

  record({ result, seconds }: RequestRecord): void {
    this.#counts = {
      results: { ...this.#counts.results, [result]: this.#counts.results[result] + 1 },
      seconds: observed(this.#counts.seconds, bucketEdges.queries, seconds),
    };
  }

  /** From now on all belongs to this release; what was asked before the first one, to make sure of it, as well. */
  begin(earlier: QueryTotals = noQueries()): void {
    this.#counts = this.#owned ? earlier : added(earlier, this.#counts);
    this.#owned = true;
  }

  get counts(): QueryTotals {
    return this.#counts;
  }
}
