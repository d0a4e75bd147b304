import { channelOf, membersOf, plainText, residentsOf, type Channel } from "./channel.ts";
import type { ConversationInputs } from "./inputs.ts";
import type { SlackApi } from "./slack-api.ts";
import { SlackError } from "./slack-error.ts";

/** Up to so many members a request: https://docs.slack.dev/reference/methods/conversations.invite */
const INVITED = 100;

/**
 * Brings a channel to what it is to be, and returns it as it is then. It does what is missing alone, so that it may be repeated after it
 * was broken off. Rejects with a {@link SlackError}.
 */
export async function converge(api: SlackApi, channel: Channel, wanted: ConversationInputs): Promise<Channel> {
  if (channel.is_archived && wanted.isArchived && describes(channel, wanted)) return channel;
  if (channel.is_archived) await unarchive(api, channel);
  // Only a member may describe a channel and invite to it. Into a private one the app cannot go by itself, and it sees none that it is not in.
  if (channel.is_member !== true && !channel.is_private) await api.ask("conversations.join", { channel: channel.id });
  await describe(api, channel, wanted);
  await bringMembers(api, channel, wanted);
  if (wanted.isArchived) await archive(api, channel.id);
  return (await channelOf(api, channel.id)) ?? channel;
}

function describes({ name, topic, purpose }: Channel, wanted: ConversationInputs): boolean {
  return (
    name === wanted.name &&
    plainText(topic.value) === (wanted.topic ?? plainText(topic.value)) &&
    plainText(purpose.value) === (wanted.purpose ?? plainText(purpose.value))
  );
}

async function describe(api: SlackApi, channel: Channel, { name, topic, purpose }: ConversationInputs): Promise<void> {
  const { id } = channel;
  if (name !== channel.name) await api.ask("conversations.rename", { channel: id, name });
  if (topic !== undefined && topic !== plainText(channel.topic.value))
    await api.ask("conversations.setTopic", { channel: id, topic });
  if (purpose !== undefined && purpose !== plainText(channel.purpose.value))
    await api.ask("conversations.setPurpose", { channel: id, purpose });
}

async function bringMembers(
  api: SlackApi,
  channel: Channel,
  { permanentMembers, actionOnUpdatePermanentMembers }: ConversationInputs,
): Promise<void> {
  const isKicking = actionOnUpdatePermanentMembers === "kick";
  if (permanentMembers.length === 0 && !isKicking) return;
  const present = await membersOf(api, channel.id);
  const residents = await residentsOf(api, channel);
  const missing = permanentMembers.filter((id) => !present.includes(id) && !residents.includes(id));
  for (let start = 0; start < missing.length; start += INVITED) {
    const users = missing.slice(start, start + INVITED).join(",");
    await unless("already_in_channel", api.ask("conversations.invite", { channel: channel.id, users }));
  }
  const others = present.filter((id) => !permanentMembers.includes(id) && !residents.includes(id));
  for (const user of isKicking ? others : [])
    await unless("not_in_channel", api.ask("conversations.kick", { channel: channel.id, user }));
}

/** Archives a channel that may be archived or gone already. */
export async function archive(api: SlackApi, id: string): Promise<void> {
  await unless("already_archived", unless("channel_not_found", api.ask("conversations.archive", { channel: id })));
}

async function unarchive(api: SlackApi, { id, name }: Channel): Promise<void> {
  try {
    await unless("not_archived", api.ask("conversations.unarchive", { channel: id }));
  } catch (error) {
    if (!(error instanceof SlackError) || error.code !== "not_in_channel") throw error;
    throw new SlackError(
      error.code,
      `#${name} is archived, and Slack lets no app's token unarchive a channel (not_in_channel). Unarchive it in Slack and invite the app, ` +
        "or give the provider a person's token (xoxp-…), then run again.",
    );
  }
}

/** Takes the refusal that says there was nothing to do for success: an earlier request got through whose answer did not. */
async function unless(code: string, request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof SlackError) || error.code !== code) throw error;
  }
}
