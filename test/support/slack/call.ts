import { ApiError } from "./api-error.ts";
import type { Arguments } from "./arguments.ts";
import type { Caller, Conversation, Workspace } from "./workspace.ts";

/** One request of a method, after everything about its form has been checked. */
export interface Call {
  readonly workspace: Workspace;
  readonly caller: Caller;
  readonly args: Arguments;
}

/** What a method answers, beside `ok`. Throws an {@link ApiError} for a refusal. */
export type Handler = (call: Call) => Readonly<Record<string, unknown>>;

/** Which scope a call needs, by the privacy of the channel that it is about. */
export interface Scopes {
  readonly public: string;
  readonly private: string;
}

/** Refuses a call whose token lacks the scope. */
export function needScope({ caller }: Call, needed: string): void {
  if (caller.scopes.has(needed)) return;
  throw new ApiError("missing_scope", { needed, provided: [...caller.scopes].join(",") });
}

/** The channel that the call names by its id, if the caller may know of it. */
export function channelOf(call: Call, scopes: Scopes): Conversation {
  const conversation = call.workspace.conversations.get(call.args.text("channel"));
  needScope(call, conversation?.isPrivate === true ? scopes.private : scopes.public);
  if (conversation === undefined || !isVisible(call, conversation)) throw new ApiError("channel_not_found");
  return conversation;
}

/** The same, if the caller is one of its members. */
export function joinedChannelOf(call: Call, scopes: Scopes): Conversation {
  const conversation = channelOf(call, scopes);
  if (!conversation.members.has(call.caller.user.id)) throw new ApiError("not_in_channel");
  return conversation;
}

export function isVisible({ caller }: Call, conversation: Conversation): boolean {
  return !conversation.isPrivate || conversation.members.has(caller.user.id);
}

const DEFAULT_PAGE = 100;

/** The items that the call's limit and cursor ask for, and the cursor of the next page (empty: that was the last). */
export function page<T>({ workspace, args }: Call, items: readonly T[]): { items: readonly T[]; next_cursor: string } {
  const limit = args.number("limit") ?? DEFAULT_PAGE;
  const start = cursorOffset(args.optional("cursor") ?? "");
  const end = start + Math.max(1, Math.min(limit === 0 ? DEFAULT_PAGE : limit, workspace.largestPage));
  return { items: items.slice(start, end), next_cursor: end < items.length ? cursorAt(end) : "" };
}

function cursorAt(offset: number): string {
  return Buffer.from(`next:${offset}`).toString("base64");
}

function cursorOffset(cursor: string): number {
  if (cursor === "") return 0;
  const offset = /^next:(\d+)$/.exec(Buffer.from(cursor, "base64").toString("utf8"))?.[1];
  if (offset === undefined) throw new ApiError("invalid_cursor");
  return Number(offset);
}
