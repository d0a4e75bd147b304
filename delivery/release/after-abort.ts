import type { Clock } from "./ports.ts";

/** How long a release goes on tidying up and writing its end once a person wants this process to end, in milliseconds. */
const endsWithin = 10_000;

/** What is left of a release could not be done in the time after an abort; the traffic is where it belongs. */
export class EndedEarlyError extends Error {
  override readonly name = "EndedEarlyError";

  constructor() {
    super(
      `not done within ${endsWithin / 1000} s of the abort, and left: the traffic is where it belongs, but the ledger still has the release ` +
        "under way. See `atom status`; `atom abort` ends it.",
    );
  }
}

export interface EndingSoon {
  /** Fires with `stop`, or with an {@link EndedEarlyError} once the time is over. */
  readonly signal: AbortSignal;
  /** No time is taken any more. */
  forget(): void;
}

/** For work that must not keep a process which is to end: gives it some time from now, or from the abort, whichever is later. */
export function endingSoon(clock: Clock, abort: AbortSignal, stop: AbortSignal): EndingSoon {
  const early = new AbortController();
  const forgotten = new AbortController();
  const begin = (): void => {
    clock.sleep(endsWithin, AbortSignal.any([stop, forgotten.signal])).then(
      () => {
        early.abort(new EndedEarlyError());
      },
      () => undefined,
    );
  };
  if (abort.aborted) begin();
  else abort.addEventListener("abort", begin, { once: true, signal: forgotten.signal });
  return {
    signal: AbortSignal.any([stop, early.signal]),
    forget: () => {
      forgotten.abort();
    },
  };
}
