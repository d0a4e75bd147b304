import { ApiError } from "./api-error.ts";
import { channelOf, isVisible, joinedChannelOf, needScope, page, type Call, type Handler } from "./call.ts";
import type { Conversation, Note } from "./workspace.ts";

const READ = { public: "channels:read", private: "groups:read" };
const MANAGE = { public: "channels:manage", private: "groups:write" };

const NAME_MAX = 80;
const TEXT_MAX = 250;

/** Channels: made, found, named, described, archived. */
export const conversations: Readonly<Record<string, Handler>> = {
  "conversations.create": (call) => {
    const isPrivate = call.args.flag("is_private");
    needScope(call, isPrivate ? MANAGE.private : MANAGE.public);
    const name = freeName(call, call.args.text("name"));
    const creator = call.caller.user.id;
    const conversation = call.workspace.addConversation({ name, isPrivate, creator });
    return { channel: objectOf(call, conversation) };
  },

  "conversations.info": (call) => ({ channel: objectOf(call, channelOf(call, READ)) }),

  "conversations.list": (call) => {
    const types = call.args.list("types");
    const wanted = types.length === 0 ? ["public_channel"] : types;
    if (wanted.includes("public_channel")) needScope(call, READ.public);
    if (wanted.includes("private_channel")) needScope(call, READ.private);
    const found = [...call.workspace.conversations.values()].filter(
      (conversation) =>
        isVisible(call, conversation) &&
        wanted.includes(conversation.isPrivate ? "private_channel" : "public_channel") &&
        !(conversation.isArchived && call.args.flag("exclude_archived")),
    );
    const { items, next_cursor } = page(call, found);
    return { channels: items.map((each) => objectOf(call, each)), response_metadata: { next_cursor } };
  },

  "conversations.rename": (call) => {
    const conversation = joinedChannelOf(call, MANAGE);
    if (conversation.creator !== call.caller.user.id) throw new ApiError("not_authorized");
    conversation.name = freeName(call, call.args.text("name"), conversation);
    return { channel: objectOf(call, conversation) };
  },

  "conversations.setTopic": (call) => {
    const conversation = describedChannelOf(call);
    conversation.topic = noteOf(call, "topic");
    return { channel: objectOf(call, conversation) };
  },

  "conversations.setPurpose": (call) => {
    const conversation = describedChannelOf(call);
    conversation.purpose = noteOf(call, "purpose");
    return { channel: objectOf(call, conversation) };
  },

  "conversations.archive": (call) => {
    const conversation = channelOf(call, MANAGE);
    if (conversation.isGeneral) throw new ApiError("cant_archive_general");
    if (conversation.isArchived) throw new ApiError("already_archived");
    conversation.isArchived = true;
    return {};
  },

  "conversations.unarchive": (call) => {
    const conversation = channelOf(call, MANAGE);
    if (!conversation.isArchived) throw new ApiError("not_archived");
    // As Slack does: with the archiving, a bot is no longer a member, and only members may open the channel again.
    if (call.caller.isBot) throw new ApiError("not_in_channel");
    conversation.isArchived = false;
    return {};
  },
};

function describedChannelOf(call: Call): Conversation {
  const conversation = joinedChannelOf(call, MANAGE);
  if (conversation.isArchived) throw new ApiError("is_archived");
  return conversation;
}

function noteOf({ workspace, caller, args }: Call, name: string): Note {
  const text = args.text(name);
  if (text.length > TEXT_MAX) throw new ApiError("too_long");
  return workspace.note(escaped(text), caller.user.id);
}

/** As Slack keeps a text and gives it back: https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function freeName({ workspace }: Call, name: string, owner?: Conversation): string {
  if (name === "") throw new ApiError("invalid_name_required");
  if (name.length > NAME_MAX) throw new ApiError("invalid_name_maxlength");
  if (!/^[\p{Ll}\p{Lo}\p{N}_-]+$/u.test(name)) throw new ApiError("invalid_name_specials");
  if (!/[\p{L}\p{N}]/u.test(name)) throw new ApiError("invalid_name_punctuation");
  const taken = workspace.named(name);
  // Names of archived and of private channels are taken too.
  if (taken !== undefined && taken !== owner) throw new ApiError("name_taken");
  return name;
}

/** A channel as Slack describes it to the caller. */
export function objectOf({ caller, args }: Call, conversation: Conversation): Readonly<Record<string, unknown>> {
  const { id, name, isPrivate, isGeneral, isArchived, creator, created, topic, purpose, members } = conversation;
  return {
    ...{ id, name, name_normalized: name, creator, created },
    ...{ is_archived: isArchived, is_general: isGeneral, is_private: isPrivate },
    ...{ is_channel: true, is_group: false, is_im: false, is_mpim: false },
    ...{ is_shared: false, is_ext_shared: false, is_org_shared: false, is_pending_ext_shared: false },
    is_member: members.has(caller.user.id),
    ...{ topic: noteObject(topic), purpose: noteObject(purpose) },
    ...(args.flag("include_num_members") ? { num_members: members.size } : {}),
  };
}

function noteObject({ value, creator, lastSet }: Note): object {
  return { value, creator, last_set: lastSet };
}
