import { ApiError } from "./api-error.ts";
import { channelOf, joinedChannelOf, needScope, page, type Call, type Handler } from "./call.ts";
import { objectOf } from "./conversations.ts";
import type { Conversation } from "./workspace.ts";

const READ = { public: "channels:read", private: "groups:read" };
const MANAGE = { public: "channels:manage", private: "groups:write" };

const INVITED_MAX = 1000;

/** Who is in a channel, who comes and who goes. */
export const membership: Readonly<Record<string, Handler>> = {
  "conversations.members": (call) => {
    const { items, next_cursor } = page(call, [...channelOf(call, READ).members]);
    return { members: items, response_metadata: { next_cursor } };
  },

  "conversations.join": (call) => {
    needScope(call, "channels:join");
    const conversation = channelOf(call, READ);
    if (conversation.isPrivate) throw new ApiError("method_not_supported_for_channel_type");
    if (conversation.isArchived) throw new ApiError("is_archived");
    const isMember = conversation.members.has(call.caller.user.id);
    conversation.members.add(call.caller.user.id);
    const warning = { warning: "already_in_channel", response_metadata: { warnings: ["already_in_channel"] } };
    return { channel: objectOf(call, conversation), ...(isMember ? warning : {}) };
  },

  "conversations.invite": (call) => {
    const conversation = joinedChannelOf(call, MANAGE);
    if (conversation.isArchived) throw new ApiError("is_archived");
    const users = call.args.list("users");
    if (users.length === 0) throw new ApiError("no_user");
    if (users.length > INVITED_MAX) throw new ApiError("too_many_users");
    const errors = users.flatMap((user) => {
      const error = invitationError(call, conversation, user);
      return error === undefined ? [] : [{ user, ok: false, error }];
    });
    const [first] = errors;
    // Without `force` it is all or nobody.
    if (first !== undefined && (!call.args.flag("force") || errors.length === users.length))
      throw new ApiError(first.error, { errors });
    for (const user of users) if (!errors.some((error) => error.user === user)) conversation.members.add(user);
    return { channel: objectOf(call, conversation) };
  },

  "conversations.kick": (call) => {
    const conversation = joinedChannelOf(call, MANAGE);
    const user = call.args.text("user");
    if (!call.workspace.users.has(user)) throw new ApiError("user_not_found");
    if (user === call.caller.user.id) throw new ApiError("cant_kick_self");
    if (conversation.isGeneral) throw new ApiError("cant_kick_from_general");
    if (!conversation.members.delete(user)) throw new ApiError("not_in_channel");
    return {};
  },
};

function invitationError({ workspace, caller }: Call, conversation: Conversation, user: string): string | undefined {
  if (!workspace.users.has(user)) return "user_not_found";
  if (user === caller.user.id) return "cant_invite_self";
  return conversation.members.has(user) ? "already_in_channel" : undefined;
}
