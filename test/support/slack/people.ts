import { ApiError } from "./api-error.ts";
import { needScope, page, type Handler } from "./call.ts";
import type { User, Workspace } from "./workspace.ts";

/** Who there is, and who the token speaks for. */
export const people: Readonly<Record<string, Handler>> = {
  "auth.test": ({ workspace: { team }, caller: { user } }) => ({
    ...{ url: team.url, team: team.name, team_id: team.id, user: user.name, user_id: user.id },
    ...(user.isBot ? { bot_id: user.id.replace(/^U/, "B") } : {}),
  }),

  "users.info": (call) => {
    needScope(call, "users:read");
    const user = call.workspace.users.get(call.args.text("user"));
    if (user === undefined) throw new ApiError("user_not_found");
    return { user: objectOf(call.workspace, user) };
  },

  "users.list": (call) => {
    needScope(call, "users:read");
    const { items, next_cursor } = page(call, [...call.workspace.users.values()]);
    const members = items.map((user) => objectOf(call.workspace, user));
    return { members, cache_ts: call.workspace.seconds(), response_metadata: { next_cursor } };
  },

  "users.lookupByEmail": (call) => {
    needScope(call, "users:read.email");
    const email = call.args.text("email");
    const user = [...call.workspace.users.values()].find((each) => each.email === email);
    if (user === undefined) throw new ApiError("users_not_found");
    return { user: objectOf(call.workspace, user) };
  },
};

function objectOf({ team }: Workspace, { id, name, email, isBot }: User): Readonly<Record<string, unknown>> {
  return {
    ...{ id, team_id: team.id, name, real_name: name, is_bot: isBot, is_app_user: false, updated: 0 },
    profile: {
      ...{ real_name: name, real_name_normalized: name, display_name: name, display_name_normalized: name },
      ...{ avatar_hash: "", title: "", phone: "", skype: "", status_text: "", status_emoji: "", fields: null },
      ...(email === undefined ? {} : { email }),
    },
  };
}
