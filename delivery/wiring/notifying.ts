import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { Courier } from "../notify/courier.ts";
import { within } from "../release/deadline.ts";
import type { Notifier } from "../release/ports.ts";
import { isMoving } from "../release/state-machine.ts";
import type { Site } from "../target/site.ts";
import type { ReleaseView } from "../view/release-view.ts";

export interface NotifyingOptions {
  readonly site: Pick<Site, "store" | "clock">;
  readonly plan: Pick<ReleasePlan, "notifications" | "service" | "environment">;
  readonly view: Pick<ReleaseView, "note">;
  /** With tokens and addresses: the process's environment. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Ends the sending that is left at the end. */
  readonly signal: AbortSignal;
  /** Whether to send nothing, and load nothing, before traffic has stopped moving: for a rollback. @default false */
  readonly deferred?: boolean;
}

/** Tells people elsewhere, as long as it is in scope; its end sends what is left. */
export interface Notifying extends AsyncDisposable {
  readonly notifier: Notifier;
}

/** How long a command's end waits for messages, in milliseconds. */
const patience = 6_000;
/** When it says that it waits, in milliseconds. */
const sayAfter = 2_000;
/** A rollback that hangs is notified after so long all the same, in milliseconds. */
const deferredFor = 5_000;

const silent: Notifying = {
  notifier: { notify: () => undefined, trouble: () => undefined },
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** Begins to send what the ledger's outbox holds, and what comes into it. What is configured and cannot be sent from here is said once. */
export function startNotifying(options: NotifyingOptions): Notifying {
  return options.plan.notifications === null ? silent : new ChannelNotifying(options);
}

/** Loads the channels' clients when it starts: a rollback that is still moving traffic neither waits for them nor shares the processor. */
class ChannelNotifying implements Notifying {
  readonly #options: NotifyingOptions;
  readonly #ended = new AbortController();
  #courier: Promise<Courier | undefined> | undefined;
  readonly notifier: Notifier;

  constructor(options: NotifyingOptions) {
    this.#options = options;
    this.notifier = {
      notify: (entry, state) => {
        if (!isMoving(state.phase)) this.#start();
        void this.#courier?.then((courier) => {
          courier?.notify(entry, state);
        });
      },
      trouble: () => undefined,
    };
    if (options.deferred !== true) this.#start();
    else
      void options.site.clock.sleep(deferredFor, this.#ended.signal).then(
        () => {
          this.#start();
        },
        () => undefined,
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { site, signal } = this.#options;
    this.#ended.abort();
    this.#start();
    const courier = await this.#courier;
    if (courier !== undefined) await drained(courier, site, signal);
  }

  #start(): void {
    this.#courier ??= startCourier(this.#options);
  }
}

/** Never rejects: what is not sent waits in the ledger. */
async function startCourier({ site, plan, view, variables }: NotifyingOptions): Promise<Courier | undefined> {
  const { notifications, service, environment } = plan;
  if (notifications === null) return undefined;
  try {
    const [{ connectChannels }, { Courier }] = await Promise.all([
      import("../notify/connect.ts"),
      import("../notify/courier.ts"),
    ]);
    const { channels, notes, scrub } = connectChannels({ notifications, service, environment, variables });
    for (const note of notes) view.note(note);
    if (Object.keys(channels).length === 0) return undefined;
    const courier = new Courier({ store: site.store, clock: site.clock, channels, scrub });
    courier.start();
    return courier;
  } catch (error) {
    view.note(`Nothing is sent from here: the clients of the channels cannot be loaded (${(error as Error).message})`);
    return undefined;
  }
}

async function drained(courier: Courier, site: NotifyingOptions["site"], signal: AbortSignal): Promise<void> {
  const { clock } = site;
  const done = new AbortController();
  // Who had the release taken back wants people to hear of it; asking again ends the process by itself.
  const ends = signal.aborted ? done.signal : signal;
  const slow = clock.sleep(sayAfter, AbortSignal.any([ends, done.signal])).then(
    () => {
      const rest = (patience - sayAfter) / 1000;
      say(`Sending what is left to be told, for up to ${rest} s more. Ctrl-C leaves it to the next run.`);
    },
    () => undefined,
  );
  await courier.drain(patience, ends);
  done.abort();
  await slow;
  const left = await leftIn(site).catch(() => 0);
  if (left > 0)
    say(
      `${left} ${left === 1 ? "message is" : "messages are"} not sent yet. The next run sends them, or: atom notify flush.`,
    );
}

/** Whatever is shown of the release is complete by then, and standard output is for its result. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** For a last look at the ledger, in milliseconds. */
const readWithin = 2_000;

async function leftIn({ store, clock }: NotifyingOptions["site"]): Promise<number> {
  const never = new AbortController().signal;
  const { isPending } = await import("../notify/outbox.ts");
  const { outbox } = await within(clock, readWithin, never, (signal) => store.read(signal));
  return outbox?.messages.filter(isPending).length ?? 0;
}
