import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { isPending } from "../notify/outbox.ts";
import { connectChannels } from "../notify/connect.ts";
import { Courier } from "../notify/courier.ts";
import { within } from "../release/deadline.ts";
import type { Notifier } from "../release/ports.ts";
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
}

/** Tells people elsewhere, as long as it is in scope; its end sends what is left. */
export interface Notifying extends AsyncDisposable {
  readonly notifier: Notifier;
}

/** How long a command's end waits for messages, in milliseconds. */
const patience = 6_000;
/** When it says that it waits, in milliseconds. */
const sayAfter = 2_000;

const silent: Notifying = {
  notifier: { notify: () => undefined, trouble: () => undefined },
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** Begins to send what the ledger's outbox holds, and what comes into it. What is configured and cannot be sent from here is said once. */
export function startNotifying({ site, plan, view, variables, signal }: NotifyingOptions): Notifying {
  const { notifications, service, environment } = plan;
  if (notifications === null) return silent;
  const { channels, notes, scrub } = connectChannels({
    notifications,
    service,
    environment,
    variables,
  });
  for (const note of notes) view.note(note);
  if (Object.keys(channels).length === 0) return silent;
  const courier = new Courier({ store: site.store, clock: site.clock, channels, scrub });
  courier.start();
  return {
    notifier: courier,
    async [Symbol.asyncDispose]() {
      await drained(courier, site, signal);
    },
  };
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
  const { outbox } = await within(clock, readWithin, never, (signal) => store.read(signal));
  return outbox?.messages.filter(isPending).length ?? 0;
}
