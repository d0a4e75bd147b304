import type { WebClient } from "@slack/web-api";
import type { Reference } from "../../../components/ledger/outbox.ts";
import { RefusedError, type Channel, type Telling } from "../channel.ts";
import { factsOf } from "../telling.ts";
import { alertText, messageText, type SlackText } from "./blocks.ts";
import { askSlack, slackWord, type SlackAccess } from "./client.ts";
import { lineText } from "./line.ts";

export interface SlackSettings {
  readonly access: SlackAccess;
  /** Id of the channel. */
  readonly channel: string;
  /** Id of the channel for what is urgent. @default the same, where an alert is a reply that the channel sees */
  readonly criticalChannel?: string | undefined;
  readonly service: string;
  readonly environment: string;
}

/** Where a message goes, and what it says. */
interface Post extends SlackText {
  readonly channel: string;
  /** The message that it replies to. */
  readonly thread?: string | undefined;
  /** Whether a reply is shown in the channel too. */
  readonly broadcast?: boolean;
}

/** The event type of messages' metadata, by which they are found again. */
const eventType = "atom_release";
/** Where a message that may have arrived is looked for: this much before it was first tried, in seconds. */
const lookBack = 300;
const mostPages = 5;
/** What Slack says to an app that may post in a channel and not read it. */
const blind: readonly string[] = ["missing_scope", "not_in_channel", "thread_not_found"];

/** One message a release, brought up to date in place; its details are replies; alerts are seen by whoever does not look. */
export class SlackWebApi implements Channel {
  readonly #settings: SlackSettings;

  constructor(settings: SlackSettings) {
    this.#settings = settings;
  }

  async tell(telling: Telling, signal: AbortSignal): Promise<Reference | undefined> {
    // How it ended is in the message itself.
    if (telling.message.kind === "slack-end") return undefined;
    return askSlack(this.#settings.access, signal, (client) => this.#bring(client, this.#postOf(telling), telling));
  }

  #postOf({ message, record, referenceOf }: Telling): Post {
    const { channel, criticalChannel, service, environment } = this.#settings;
    const facts = factsOf(record, { service, environment });
    if (message.kind === "slack-message") return { ...messageText(facts), channel };
    const parent = referenceOf(`${record.id}/slack/message`);
    const place = { channel: String(parent?.channel ?? channel), thread: parent && String(parent.ts) };
    if (message.kind === "slack-alert") {
      if (facts.urgent && criticalChannel !== undefined) return { ...alertText(facts), channel: criticalChannel };
      return { ...alertText(facts), ...place, broadcast: place.thread !== undefined };
    }
    if (parent === undefined) throw new RefusedError("the message that it belongs to was not sent");
    const line = record.journal.find(({ seq }) => seq === message.line);
    if (line === undefined) throw new RefusedError("the ledger has forgotten the line that it is about");
    return { ...lineText(line, record), ...place };
  }

  async #bring(client: WebClient, post: Post, telling: Telling): Promise<Reference> {
    const { message } = telling;
    const { channel, text, blocks, thread } = post;
    const known =
      message.reference ?? (message.uncertain === true ? await this.#find(client, post, telling) : undefined);
    if (known !== undefined) {
      const updated = await this.#update(client, known, post, telling);
      if (updated) return known;
    }
    const content = {
      channel,
      text,
      blocks,
      metadata: this.#metadata(telling),
      unfurl_links: false,
      unfurl_media: false,
    };
    const answer = await (thread === undefined
      ? client.chat.postMessage(content)
      : client.chat.postMessage({ ...content, thread_ts: thread, reply_broadcast: post.broadcast === true }));
    return { channel: answer.channel ?? channel, ts: answer.ts ?? "" };
  }

  /** Whether there still was something to update: people may delete messages. */
  async #update(client: WebClient, known: Reference, { text, blocks }: Post, telling: Telling): Promise<boolean> {
    try {
      const { channel, ts } = known;
      const place = { channel: String(channel), ts: String(ts) };
      await client.chat.update({ ...place, text, blocks, metadata: this.#metadata(telling) });
      return true;
    } catch (error) {
      if (slackWord(error) === "message_not_found") return false;
      throw error;
    }
  }

  /** A message that may have been sent. Whoever may not look would rather tell twice than not at all. */
  async #find(client: WebClient, post: Post, telling: Telling): Promise<Reference | undefined> {
    try {
      return await this.#search(client, post, telling);
    } catch (error) {
      if (blind.includes(slackWord(error) ?? "")) return undefined;
      throw error;
    }
  }

  async #search(client: WebClient, { channel, thread }: Post, telling: Telling): Promise<Reference | undefined> {
    const { journal } = telling.record;
    const began = Date.parse(journal.find(({ seq }) => seq === telling.message.line)?.at ?? telling.record.startedAt);
    const window = { oldest: String(Math.floor(began / 1000) - lookBack), include_all_metadata: true, limit: 200 };
    let cursor: string | undefined;
    for (let pages = 0; pages < mostPages; pages += 1) {
      const from = { ...window, channel, ...(cursor === undefined ? {} : { cursor }) };
      const answer = await (thread === undefined
        ? client.conversations.history(from)
        : client.conversations.replies({ ...from, ts: thread }));
      const found = answer.messages?.find(({ metadata }) => idOf(metadata) === this.#id(telling));
      if (found?.ts !== undefined) return { channel, ts: found.ts };
      cursor = answer.response_metadata?.next_cursor;
      if (cursor === undefined || cursor === "") return undefined;
    }
    return undefined;
  }

  #metadata(telling: Telling): { event_type: string; event_payload: { id: string } } {
    return { event_type: eventType, event_payload: { id: this.#id(telling) } };
  }

  /** Several environments may share a channel. */
  #id({ message }: Telling): string {
    const { service, environment } = this.#settings;
    return `${environment}/${service}/${message.id}`;
  }
}

function idOf(metadata: unknown): unknown {
  const { event_type: type, event_payload: payload } = (metadata ?? {}) as {
    readonly event_type?: unknown;
    readonly event_payload?: { readonly id?: unknown };
  };
  return type === eventType ? payload?.id : undefined;
}
