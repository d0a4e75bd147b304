import type { Ledger } from "../../components/ledger/ledger.ts";
import { UnreachableError } from "../cluster/errors.ts";
import type { Site } from "./site.ts";

/** Between two looks, in milliseconds. */
const every = 1_000;

/** The ledger, read once a second until the signal fires. While the API server is away nothing comes; `trouble` is told. */
export async function* ledgersOf(
  { store, clock }: Site,
  trouble: (detail: string) => void,
  signal: AbortSignal,
): AsyncGenerator<Ledger, void, undefined> {
  for (;;) {
    try {
      yield await store.read(signal);
    } catch (error) {
      if (error === signal.reason) return;
      if (!(error instanceof UnreachableError)) throw error;
      trouble(error.message);
    }
    try {
      await clock.sleep(every, signal);
    } catch {
      return;
    }
  }
}
