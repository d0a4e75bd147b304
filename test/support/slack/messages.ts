import { ApiError } from "./api-error.ts";
import { blocksMistake } from "./blocks.ts";
import { joinedChannelOf, needScope, page, type Call, type Handler } from "./call.ts";
import type { Arguments } from "./arguments.ts";
import type { Conversation, Message } from "./workspace.ts";

const HISTORY = { public: "channels:history", private: "groups:history" };
const TEXT_MAX = 40_000;
const ATTACHMENTS_MAX = 100;

/** Messages: posted, updated, read. */
export const messages: Readonly<Record<string, Handler>> = {
  "chat.postMessage": (call) => {
    needScope(call, "chat:write");
    const conversation = writableChannelOf(call);
    const threadTs = call.args.optional("thread_ts");
    if (threadTs !== undefined && !conversation.messages.some(({ ts }) => ts === threadTs))
      throw new ApiError("cannot_reply_to_message");
    const posted = call.workspace.post(conversation, {
      ...contentOf(call.args),
      ...{ user: call.caller.user.id, threadTs, isBroadcast: call.args.flag("reply_broadcast") },
    });
    return { channel: conversation.id, ts: posted.ts, message: objectOf(posted, true) };
  },

  "chat.update": (call) => {
    needScope(call, "chat:write");
    const { args, caller } = call;
    const conversation = writableChannelOf(call);
    const index = conversation.messages.findIndex(({ ts }) => ts === args.text("ts"));
    const previous = conversation.messages[index];
    if (previous === undefined) throw new ApiError("message_not_found");
    if (previous.user !== caller.user.id) throw new ApiError("cant_update_message");
    const { metadata, ...content } = contentOf(args);
    const updated = { ...previous, ...content, metadata: metadata ?? previous.metadata, edits: previous.edits + 1 };
    conversation.messages[index] = updated;
    const { text, blocks, attachments } = updated;
    return { channel: conversation.id, ts: updated.ts, text, message: { text, blocks, attachments } };
  },

  "conversations.history": (call) => {
    const conversation = joinedChannelOf(call, HISTORY);
    const top = conversation.messages.filter(({ threadTs, isBroadcast }) => threadTs === undefined || isBroadcast);
    return { ...listed(call, top.toReversed()), pin_count: 0, channel_actions_ts: null, channel_actions_count: 0 };
  },

  "conversations.replies": (call) => {
    const conversation = joinedChannelOf(call, HISTORY);
    const parent = call.args.text("ts");
    const thread = conversation.messages.filter(({ ts, threadTs }) => ts === parent || threadTs === parent);
    if (thread.length === 0) throw new ApiError("thread_not_found");
    return listed(call, thread);
  },
};

/** A channel by its id or, as chat.* take it too, by its name. */
function writableChannelOf(call: Call): Conversation {
  const asked = call.args.text("channel");
  const id = call.workspace.named(asked.replace(/^#/, ""))?.id ?? asked;
  const conversation = call.workspace.conversations.get(id);
  const isMember = conversation?.members.has(call.caller.user.id) === true;
  if (conversation === undefined || (conversation.isPrivate && !isMember)) throw new ApiError("channel_not_found");
  if (conversation.isArchived) throw new ApiError("is_archived");
  if (!isMember && !call.caller.scopes.has("chat:write.public")) throw new ApiError("not_in_channel");
  return conversation;
}

type Content = Pick<Message, "text" | "blocks" | "attachments" | "metadata">;

/** What a message says. Throws an {@link ApiError} for one that says nothing, or says it in a form that Slack does not take. */
export function contentOf(args: Arguments): Content {
  const text = args.optional("text") ?? args.optional("markdown_text") ?? "";
  const blocks = args.json("blocks", "invalid_blocks") ?? [];
  const attachments = args.json("attachments", "invalid_arguments") ?? [];
  const metadata = args.json("metadata", "invalid_metadata_format");
  const mistake = blocksMistake(blocks);
  if (mistake !== undefined)
    throw new ApiError("invalid_blocks", { response_metadata: { messages: [`[ERROR] ${mistake}`] } });
  if (!Array.isArray(attachments)) throw new ApiError("invalid_arguments");
  if (attachments.length > ATTACHMENTS_MAX) throw new ApiError("too_many_attachments");
  if (text === "" && (blocks as unknown[]).length === 0 && attachments.length === 0) throw new ApiError("no_text");
  if (text.length > TEXT_MAX) throw new ApiError("msg_too_long");
  if (metadata !== undefined && !isMetadata(metadata)) throw new ApiError("invalid_metadata_format");
  return { text, blocks: blocks as unknown[], attachments, metadata };
}

/** https://docs.slack.dev/messaging/message-metadata */
function isMetadata(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { event_type: type, event_payload: payload } = value as Readonly<Record<string, unknown>>;
  return typeof type === "string" && type !== "" && typeof payload === "object" && payload !== null;
}

function listed(call: Call, found: readonly Message[]): Readonly<Record<string, unknown>> {
  const { args } = call;
  const oldest = args.number("oldest") ?? 0;
  const latest = args.number("latest") ?? Infinity;
  const isWithin = ({ ts }: Message) =>
    args.flag("inclusive") ? Number(ts) >= oldest && Number(ts) <= latest : Number(ts) > oldest && Number(ts) < latest;
  const { items, next_cursor } = page(call, found.filter(isWithin));
  return {
    messages: items.map((message) => objectOf(message, args.flag("include_all_metadata"))),
    has_more: next_cursor !== "",
    ...(next_cursor === "" ? {} : { response_metadata: { next_cursor } }),
  };
}

function objectOf(message: Message, withMetadata: boolean): Readonly<Record<string, unknown>> {
  const { ts, text, user, blocks, attachments, metadata, threadTs, edits } = message;
  return {
    ...{ type: "message", ts, text },
    ...(user === undefined ? { subtype: "bot_message" } : { user }),
    ...(blocks.length === 0 ? {} : { blocks }),
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(withMetadata && metadata !== undefined ? { metadata } : {}),
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    ...(edits === 0 ? {} : { edited: { user, ts } }),
  };
}
