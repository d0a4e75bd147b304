import type { ConversationInputs, ConversationOutputs } from "./inputs.ts";
import type { SlackApi } from "./slack-api.ts";
import { SlackError } from "./slack-error.ts";

/** A channel as Slack describes it; a part of https://docs.slack.dev/reference/objects/conversation-object */
export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly created: number;
  readonly creator: string;
  readonly is_archived: boolean;
  readonly is_private: boolean;
  readonly is_general: boolean;
  readonly is_shared: boolean;
  readonly is_ext_shared?: boolean;
  readonly is_org_shared: boolean;
  readonly is_member?: boolean;
  readonly topic: { readonly value: string };
  readonly purpose: { readonly value: string };
}

/** Slack recommends at most 200 items a page. */
const PAGE = 200;

/** The channel of this id; undefined: there is none that the app may see. */
export async function channelOf(api: SlackApi, id: string): Promise<Channel | undefined> {
  try {
    const { channel } = (await api.ask("conversations.info", { channel: id })) as { readonly channel: Channel };
    return channel;
  } catch (error) {
    if (error instanceof SlackError && error.code === "channel_not_found") return undefined;
    throw error;
  }
}

/** The channel of this name, archived ones too: Slack finds by name nowhere, so all channels are read. */
export async function findChannel(api: SlackApi, name: string, isPrivate: boolean): Promise<Channel | undefined> {
  const types = isPrivate ? "private_channel" : "public_channel";
  for await (const page of api.pages("conversations.list", { types, limit: PAGE })) {
    const found = (page as { readonly channels: readonly Channel[] }).channels.find((channel) => channel.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** User ids of everybody in the channel. */
export async function membersOf(api: SlackApi, id: string): Promise<readonly string[]> {
  const members: string[] = [];
  for await (const page of api.pages("conversations.members", { channel: id, limit: PAGE }))
    members.push(...(page as { readonly members: readonly string[] }).members);
  return members;
}

/** Who may stay although nobody asked for them: the app itself, which could not go on, and who made the channel. */
export async function residentsOf(api: SlackApi, { creator }: Channel): Promise<readonly string[]> {
  return [await api.self(), creator];
}

/**
 * The channel as the engine is to keep it. Of its members, those count that were asked for and are there; where others are to be
 * kicked, they count too, so that they show as a difference.
 */
export async function outputsOf(
  api: SlackApi,
  channel: Channel,
  wanted: ConversationInputs,
): Promise<ConversationOutputs> {
  return {
    ...wanted,
    name: channel.name,
    topic: plainText(channel.topic.value),
    purpose: plainText(channel.purpose.value),
    isPrivate: channel.is_private,
    isArchived: channel.is_archived,
    permanentMembers: await countedMembers(api, channel, wanted),
    created: channel.created,
    creator: channel.creator,
    isGeneral: channel.is_general,
    isShared: channel.is_shared,
    isExtShared: channel.is_ext_shared ?? false,
    isOrgShared: channel.is_org_shared,
  };
}

async function countedMembers(
  api: SlackApi,
  channel: Channel,
  { permanentMembers, actionOnUpdatePermanentMembers, isArchived }: ConversationInputs,
): Promise<readonly string[]> {
  const isKicking = actionOnUpdatePermanentMembers === "kick";
  if (permanentMembers.length === 0 && !isKicking) return [];
  // An archived channel takes no members, and a bot does not see who is in it.
  if (channel.is_archived && isArchived) return permanentMembers;
  const present = await membersOf(api, channel.id);
  const residents = await residentsOf(api, channel);
  const asked = permanentMembers.filter((id) => present.includes(id) || residents.includes(id));
  const others = present.filter((id) => !permanentMembers.includes(id) && !residents.includes(id));
  return [...asked, ...(isKicking ? others : [])];
}

/** Slack keeps texts escaped and its links in brackets: https://docs.slack.dev/messaging/formatting-message-text#escaping */
export function plainText(text: string): string {
  return text
    .replaceAll(/<((?:https?:\/\/|mailto:)[^|>]+)(?:\|[^>]*)?>/g, "$1")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
