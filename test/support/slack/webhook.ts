import { ApiError } from "./api-error.ts";
import type { Arguments } from "./arguments.ts";
import { contentOf } from "./messages.ts";
import type { Workspace } from "./workspace.ts";

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, and what webhooks of the older kind take, such as Alertmanager's. */
const fields: readonly string[] = [
  ...["text", "blocks", "attachments", "thread_ts", "mrkdwn", "unfurl_links", "unfurl_media", "metadata"],
  ...["channel", "username", "icon_emoji", "icon_url", "link_names", "parse"],
];

/** How an incoming webhook answers: a status and a word, not JSON. */
export interface WebhookAnswer {
  readonly status: number;
  readonly body: string;
}

/** What is wrong with a payload by the documentation. */
export function payloadMistakes(payload: Arguments): readonly string[] {
  return Object.keys(payload.values)
    .filter((name) => !fields.includes(name))
    .map((name) => `unknown field: ${name}`);
}

/** Posts the payload to the webhook's channel. */
export function postToWebhook(workspace: Workspace, path: string, payload: Arguments): WebhookAnswer {
  const id = workspace.webhooks.get(path);
  if (id === undefined) return { status: 404, body: "no_service" };
  const conversation = workspace.conversations.get(id);
  if (conversation === undefined) return { status: 404, body: "channel_not_found" };
  if (conversation.isArchived) return { status: 410, body: "channel_is_archived" };
  try {
    const threadTs = payload.optional("thread_ts");
    workspace.post(conversation, { ...contentOf(payload), user: undefined, threadTs, isBroadcast: false });
    return { status: 200, body: "ok" };
  } catch (error) {
    if (error instanceof ApiError) return { status: 400, body: error.message };
    throw error;
  }
}
