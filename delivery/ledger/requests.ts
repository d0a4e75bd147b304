import { UserError } from "../../components/errors/user-error.ts";
import type { Ledger } from "../../components/ledger/ledger.ts";
import { cutText } from "../../components/text/cut.ts";
import { isUnread, wordOf } from "../../components/ledger/open.ts";
import type { PersonsRequest, ReleaseUnderWay } from "../../components/ledger/release-record.ts";
import type { Approval, Clock } from "../release/ports.ts";
import { table } from "../release/state-machine.ts";
import type { LedgerStore } from "./store.ts";

/** What is asked makes no sense now. */
export class RequestRefusedError extends UserError {
  override readonly name = "RequestRefusedError";
}

/** What a person asks for; the rest is filled in. */
export type Ask =
  | { readonly kind: "approve" | "resume"; readonly by: string }
  | { readonly kind: "abort" | "supersede"; readonly by: string; readonly reason: string };

/** Leaves a request for the releaser. Throws a {@link RequestRefusedError} when the release is not in a phase for it. */
export async function ask(store: LedgerStore, request: Ask, clock: Clock, signal: AbortSignal): Promise<Ledger> {
  const by = cutText(request.by);
  const short: Ask = "reason" in request ? { ...request, by, reason: cutText(request.reason) } : { ...request, by };
  return store.update((ledger) => withRequest(ledger, short, clock.now()), { signal });
}

/** A requests list that nobody reads must not grow for ever. */
const mostRequests = 50;

function withRequest(ledger: Ledger, request: Ask, now: number): Ledger {
  const { current } = ledger;
  if (current === null) throw new RequestRefusedError(`There is no release of ${ledger.service} under way.`);
  const seq = (current.requests.at(-1)?.seq ?? 0) + 1;
  const complete = completed(request, current, { seq, at: new Date(now).toISOString() });
  return { ...ledger, current: { ...current, requests: [...current.requests, complete].slice(-mostRequests) } };
}

function completed(
  request: Ask,
  { id, state, journal }: ReleaseUnderWay,
  stamp: { readonly seq: number; readonly at: string },
): PersonsRequest {
  const refuse = (expected: string): never => {
    throw new RequestRefusedError(`Release ${id} is ${wordOf(state, "phase")}, and not ${expected}.`);
  };
  switch (request.kind) {
    case "approve":
      if (state.phase !== "awaiting-approval") refuse("waiting for an approval");
      return { kind: "approve", by: request.by, step: state.step, ...stamp };
    case "resume": {
      if (state.phase !== "held" || isUnread(state, "phase")) refuse("held");
      const heldAt = journal.findLast(({ event }) => event === "stepped-back")?.seq ?? 0;
      return { kind: "resume", by: request.by, heldAt, ...stamp };
    }
    case "abort":
    case "supersede":
      if (table[state.phase].failed === undefined) refuse("in a phase that can be taken back");
      return { kind: request.kind, by: request.by, reason: request.reason, ...stamp };
  }
}

const lookEvery = 1_000;

/** Requests as the ledger has them. */
export class LedgerApproval implements Approval {
  readonly #store: LedgerStore;
  readonly #clock: Clock;
  readonly #id: string;

  constructor(store: LedgerStore, clock: Clock, id: string) {
    this.#store = store;
    this.#clock = clock;
    this.#id = id;
  }

  async next(after: number, signal: AbortSignal): Promise<PersonsRequest> {
    for (;;) {
      const { current } = await this.#read(signal);
      const found = current?.id === this.#id ? current.requests.find(({ seq }) => seq > after) : undefined;
      if (found !== undefined) return found;
      await this.#clock.sleep(lookEvery, signal);
    }
  }

  /** A ledger that cannot be read now may be later; meanwhile nobody asks for anything. */
  async #read(signal: AbortSignal): Promise<Pick<Ledger, "current">> {
    try {
      return await this.#store.read(signal);
    } catch {
      signal.throwIfAborted();
      return { current: null };
    }
  }
}
