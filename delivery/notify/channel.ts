import type { Ledger } from "../../components/ledger/ledger.ts";
import { cutText } from "../../components/text/cut.ts";
import type { Outgoing, Reference } from "../../components/ledger/outbox.ts";
import type { ReleaseRecord } from "../report/story.ts";

/** What a channel is asked to tell, and all that it may tell it from. */
export interface Telling {
  readonly message: Outgoing;
  /** The release that it is about, as the ledger has it. */
  readonly record: ReleaseRecord;
  readonly ledger: Ledger;
  /** Where the message of this id is, if it was told. */
  readonly referenceOf: (id: string) => Reference | undefined;
}

/**
 * A place where people look. Tells what a release has come to by now; where it told before, it brings that up to date. Resolves with where
 * it is, or with nothing where there is nothing to come back to. Rejects with an {@link UndeliveredError}, a {@link RefusedError}, or the
 * signal's reason.
 *
 * Where `message.uncertain` is set an earlier attempt may have come through: a channel that can looks before it tells again.
 */
export interface Channel {
  tell(telling: Telling, signal: AbortSignal): Promise<Reference | undefined>;
}

export interface UndeliveredOptions extends ErrorOptions {
  /** Milliseconds that the other side asks to wait. @default it says nothing */
  readonly retryAfter?: number | undefined;
  /** Whether it may have come through all the same. */
  readonly uncertain: boolean;
}

/** It did not arrive, as far as is known; another attempt may do better. */
export class UndeliveredError extends Error {
  override readonly name = "UndeliveredError";
  readonly retryAfter: number | undefined;
  readonly uncertain: boolean;

  constructor(message: string, { retryAfter, uncertain, ...options }: UndeliveredOptions) {
    super(cutText(message), options);
    this.retryAfter = retryAfter;
    this.uncertain = uncertain;
  }
}

/** The other side will not take it, however often it is asked. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";

  constructor(message: string, options?: ErrorOptions) {
    super(cutText(message), options);
  }
}
