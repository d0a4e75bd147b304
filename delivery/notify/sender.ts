// One round: claim what is due, send it, store what became of it.
import { randomBytes } from "node:crypto";
import type { Ledger } from "../../components/ledger/ledger.ts";
import {
  emptyOutbox,
  type MessageKind,
  type Outbox,
  type Outgoing,
  type Reference,
} from "../../components/ledger/outbox.ts";
import type { LedgerStore } from "../ledger/store.ts";
import { DeadlineError, within } from "../release/deadline.ts";
import { messageOf } from "../release/persist.ts";
import type { Clock } from "../release/ports.ts";
import { backoff } from "./backoff.ts";
import { RefusedError, UndeliveredError, type Channel } from "./channel.ts";
import { claimed, laneOf, nextDue, settled, tidied, type Outcome } from "./outbox.ts";
import { keeps } from "./wanted.ts";

export type Channels = Readonly<Partial<Record<MessageKind, Channel>>>;

export interface SenderOptions {
  readonly store: LedgerStore;
  readonly clock: Clock;
  /** What this process can send. What it cannot it leaves to others. */
  readonly channels: Channels;
  /** From 0 to 1. @default Math.random */
  readonly random?: () => number;
  /** Takes secrets out of what the other side says. @default as it is */
  readonly scrub?: (text: string) => string;
}

/** For one attempt with all its requests, in milliseconds. */
const attemptFor = 15_000;
/** Longer than a round can take, in milliseconds: a claim that is older is that of a dead process. */
const claimFor = 90_000;
/** For storing what became of a round, in milliseconds. */
const writeWithin = 3_000;

type Outcomes = Map<string, Outcome>;

/** Sends what is due. For one caller at a time; several senders may work on one ledger. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #name = randomBytes(6).toString("hex");
  #rounds = 0;
  /** What could not be stored yet, with the name of the claim. */
  #unsettled: { readonly by: string; readonly outcomes: Outcomes } | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /**
   * Sends what is due, at most a few messages of each lane. Resolves with the instant at which there may be more to send, if there is
   * anything. Rejects when the ledger cannot be read or written. When the signal fires, what is being sent counts as uncertain.
   */
  async round(signal: AbortSignal): Promise<number | undefined> {
    const { store, clock, channels } = this.#options;
    await this.#settle();
    const can = (kind: MessageKind): boolean => channels[kind] !== undefined;
    const { outbox = emptyOutbox() } = await store.read(signal);
    const due = nextDue(outbox, { now: clock.now(), can });
    if (due === undefined || due > clock.now()) return due;

    this.#rounds += 1;
    const by = `${this.#name}-${this.#rounds}`;
    let taken: readonly Outgoing[] = [];
    const ledger = await store.update(
      (live) => {
        const claim = claimed(tidy(live, live.outbox, clock.now()), { by, now: clock.now(), claimFor, can });
        taken = claim.messages;
        return taken.length === 0 ? undefined : { ...live, outbox: claim.outbox };
      },
      { signal },
    );
    this.#unsettled = { by, outcomes: await this.#send(taken, ledger, signal) };
    await this.#settle();
    return clock.now();
  }

  async #settle(): Promise<void> {
    const { store, clock } = this.#options;
    if (this.#unsettled === undefined) return;
    const { by, outcomes } = this.#unsettled;
    // Not ended with the run: what is not stored would be looked for, or told twice.
    await store.update(
      (live) => {
        const outbox = settled(live.outbox ?? emptyOutbox(), { by, now: clock.now(), outcomes });
        return { ...live, outbox: tidy(live, outbox, clock.now()) };
      },
      { signal: new AbortController().signal, timeout: writeWithin },
    );
    this.#unsettled = undefined;
  }

  async #send(taken: readonly Outgoing[], ledger: Ledger, signal: AbortSignal): Promise<Outcomes> {
    const outcomes: Outcomes = new Map(taken.map(({ id }) => [id, { kind: "untried" }]));
    const referenceOf = (id: string): Reference | undefined => {
      const outcome = outcomes.get(id);
      const now = outcome?.kind === "told" ? outcome.reference : undefined;
      return now ?? ledger.outbox?.messages.find((message) => message.id === id)?.reference;
    };
    const lanes = Map.groupBy(taken, laneOf);
    await Promise.all(
      [...lanes.values()].map(async (lane) => {
        for (const message of lane) {
          const outcome = await this.#attempt(message, ledger, referenceOf, signal);
          outcomes.set(message.id, outcome);
          if (outcome.kind === "failed") break;
        }
      }),
    );
    return outcomes;
  }

  async #attempt(
    message: Outgoing,
    ledger: Ledger,
    referenceOf: (id: string) => Reference | undefined,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { clock, channels, random = Math.random } = this.#options;
    const { current, releases } = ledger;
    const record = current?.id === message.release ? current : releases.find(({ id }) => id === message.release);
    if (record === undefined) return { kind: "refused", problem: "the ledger has forgotten the release" };
    try {
      const reference = await within(clock, attemptFor, signal, (limited) => {
        const telling = { message, record, ledger, referenceOf };
        return channels[message.kind]?.tell(telling, limited) ?? Promise.resolve(undefined);
      });
      return { kind: "told", upTo: message.wanted, reference };
    } catch (error) {
      const problem = this.#told(error);
      if (error instanceof RefusedError) return { kind: "refused", problem };
      const pause = backoff(message.attempts, random());
      if (error instanceof UndeliveredError) {
        const { retryAfter = 0, uncertain } = error;
        return { kind: "failed", problem, uncertain, delay: Math.max(pause, retryAfter) };
      }
      // Whoever ends a run lets the next one try at once.
      if (signal.aborted && !(error instanceof DeadlineError))
        return { kind: "failed", problem, uncertain: true, delay: 0 };
      return { kind: "failed", problem, uncertain: true, delay: pause };
    }
  }

  #told(error: unknown): string {
    const { scrub = (text: string) => text } = this.#options;
    return scrub(messageOf(error));
  }
}

function tidy(ledger: Ledger, outbox: Outbox = emptyOutbox(), now: number): Outbox {
  return tidied(outbox, now, keeps(ledger, outbox));
}
