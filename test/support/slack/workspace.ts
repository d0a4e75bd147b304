/** Somebody of the workspace, a person or an app's bot. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string | undefined;
  readonly isBot: boolean;
}

/** What a channel says about itself, and who said it. */
export interface Note {
  readonly value: string;
  readonly creator: string;
  /** In seconds since the epoch; 0: never. */
  readonly lastSet: number;
}

export interface Message {
  readonly ts: string;
  /** The user that posted it; none: an incoming webhook. */
  readonly user: string | undefined;
  readonly text: string;
  readonly blocks: readonly unknown[];
  readonly attachments: readonly unknown[];
  readonly metadata: unknown;
  /** The message that this one replies to. */
  readonly threadTs: string | undefined;
  readonly isBroadcast: boolean;
  /** How often it was updated. */
  readonly edits: number;
}

export interface Conversation {
  readonly id: string;
  name: string;
  readonly isPrivate: boolean;
  readonly isGeneral: boolean;
  isArchived: boolean;
  readonly creator: string;
  /** In seconds since the epoch. */
  readonly created: number;
  topic: Note;
  purpose: Note;
  readonly members: Set<string>;
  /** All messages, replies too, in the order in which they came. */
  readonly messages: Message[];
}

/** Who a token speaks for. */
export interface Caller {
  readonly user: User;
  readonly isBot: boolean;
  readonly scopes: ReadonlySet<string>;
}

export interface NewConversation {
  readonly name: string;
  /** @default false */
  readonly isPrivate?: boolean;
  /** @default false */
  readonly isGeneral?: boolean;
  /** User id. @default somebody of the workspace who is not the app */
  readonly creator?: string;
  /** User ids. @default the creator alone */
  readonly members?: readonly string[];
  /** @default "" */
  readonly topic?: string;
  /** @default false */
  readonly isArchived?: boolean;
}

/** Scopes of an app that manages channels and posts. */
export const allScopes: readonly string[] = [
  "channels:history",
  "channels:join",
  "channels:manage",
  "channels:read",
  "chat:write",
  "groups:history",
  "groups:read",
  "groups:write",
  "users:read",
  "users:read.email",
];

/** A workspace in memory: its people, channels, messages, tokens and incoming webhooks. */
export class Workspace {
  readonly team = { id: "T00000001", name: "Stand-in", url: "https://stand-in.slack.example/" };
  readonly users = new Map<string, User>();
  readonly conversations = new Map<string, Conversation>();
  readonly tokens = new Map<string, Caller>();
  /** Conversation id by path of the webhook. */
  readonly webhooks = new Map<string, string>();
  /** At most so many items of a list come at once, whatever limit is asked for; Slack may give fewer too. */
  largestPage = 1000;
  readonly #now: () => number;
  readonly #owner: User;
  #ids = 0;
  #messages = 0;

  /** @param now - the time, in milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
    this.#owner = this.addUser({ name: "owner", email: "owner@example.com" });
    this.addConversation({ name: "general", isGeneral: true });
  }

  addUser({ name, email, isBot = false }: { name: string; email?: string; isBot?: boolean }): User {
    const user = { id: this.#id("U"), name, email, isBot };
    this.users.set(user.id, user);
    return user;
  }

  /** Makes a token valid. @default scopes {@link allScopes} */
  addToken(token: string, user: User, scopes: readonly string[] = allScopes): void {
    this.tokens.set(token, { user, isBot: user.isBot, scopes: new Set(scopes) });
  }

  addConversation(options: NewConversation): Conversation {
    const { name, isPrivate = false, isGeneral = false, creator = this.#owner.id, isArchived = false } = options;
    const conversation: Conversation = {
      ...{ id: this.#id("C"), name, isPrivate, isGeneral, isArchived, creator, created: this.seconds() },
      topic: options.topic === undefined ? noNote : this.note(options.topic, creator),
      purpose: noNote,
      members: new Set(options.members ?? [creator]),
      messages: [],
    };
    this.conversations.set(conversation.id, conversation);
    return conversation;
  }

  /** Makes an incoming webhook of a channel, and returns its path. */
  addWebhook(conversation: Conversation): string {
    const path = `/services/${this.team.id}/${this.#id("B")}/${this.#id("hook")}`;
    this.webhooks.set(path, conversation.id);
    return path;
  }

  /** The channel of this name; undefined: there is none. */
  named(name: string): Conversation | undefined {
    return [...this.conversations.values()].find((conversation) => conversation.name === name);
  }

  note(value: string, creator: string): Note {
    return { value, creator, lastSet: this.seconds() };
  }

  /** Adds a message and gives it its time, which is also its identity. */
  post(conversation: Conversation, message: Omit<Message, "ts" | "edits">): Message {
    this.#messages += 1;
    const ts = `${this.seconds()}.${String(this.#messages).padStart(6, "0")}`;
    const posted = { ...message, ts, edits: 0 };
    conversation.messages.push(posted);
    return posted;
  }

  seconds(): number {
    return Math.floor(this.#now() / 1000);
  }

  #id(prefix: string): string {
    this.#ids += 1;
    return `${prefix}${String(this.#ids).padStart(9, "0")}`;
  }
}

const noNote: Note = { value: "", creator: "", lastSet: 0 };
