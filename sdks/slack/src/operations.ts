import { channelOf, findChannel, outputsOf, type Channel } from "./channel.ts";
import { archive, converge } from "./converge.ts";
import { defaults, type ConversationInputs, type ConversationOutputs } from "./inputs.ts";
import { SlackApi } from "./slack-api.ts";
import { SlackError } from "./slack-error.ts";

export { difference } from "./difference.ts";
export { check } from "./inputs.ts";

/** Longer than a request takes, and than the clocks here and at Slack differ, in seconds. */
const JUST_NOW_S = 300;

export interface Created {
  readonly id: string;
  readonly outs: ConversationOutputs;
}

/** A channel that was made, and then could not be finished: the engine keeps it, and the next run goes on with it. */
export class UnfinishedConversation extends Error {
  override readonly name = "UnfinishedConversation";
  // The names that Pulumi's dynamic provider looks for.
  readonly id: string;
  readonly properties: ConversationOutputs;
  readonly reasons: readonly string[];

  constructor(id: string, properties: ConversationOutputs, cause: SlackError) {
    super(cause.message, { cause });
    this.id = id;
    this.properties = properties;
    this.reasons = [cause.message];
  }
}

/** Slack as the provider was configured. Throws a {@link SlackError} where it has no token. */
export function openApi({ token, baseUrl }: { token?: string | undefined; baseUrl?: string | undefined }): SlackApi {
  if (token === undefined || token === "")
    throw new SlackError("not_authed", "the provider has no token: give the resource a slack.Provider with one.");
  return new SlackApi({ token, baseUrl });
}

/** Makes the channel, or adopts the one of that name. Rejects with a {@link SlackError} or an {@link UnfinishedConversation}. */
export async function create(api: SlackApi, wanted: ConversationInputs): Promise<Created> {
  const channel = await createdOrAdopted(api, wanted);
  try {
    const finished = await converge(api, channel, wanted);
    return { id: channel.id, outs: await outputsOf(api, finished, wanted) };
  } catch (error) {
    if (!(error instanceof SlackError)) throw error;
    throw new UnfinishedConversation(channel.id, await asFarAsItIs(api, channel, wanted), error);
  }
}

/** What the engine takes for a resource that is gone. */
const GONE = { id: "" };

/** The channel as it is; without an id where it is gone. `known`: what the state says, or the program for a channel that is imported. */
export async function read(
  api: SlackApi,
  id: string,
  known: Partial<ConversationInputs> = {},
): Promise<{ readonly id: string; readonly props?: ConversationOutputs }> {
  const channel = await channelOf(api, id);
  if (channel === undefined) return GONE;
  const { name, is_private: isPrivate } = channel;
  return { id, props: await outputsOf(api, channel, { ...defaults, name, isPrivate, ...known }) };
}

/** Brings the channel of this id to what it is to be. Rejects with a {@link SlackError}, also where it is gone. */
export async function update(api: SlackApi, id: string, wanted: ConversationInputs): Promise<ConversationOutputs> {
  const channel = await channelOf(api, id);
  if (channel === undefined)
    throw new SlackError(
      "channel_not_found",
      `the channel #${wanted.name} (${id}) is gone, or it is private and the app is not in it. Invite the app, or refresh the stack to make it anew.`,
    );
  return outputsOf(api, await converge(api, channel, wanted), wanted);
}

/** Archives the channel where that is asked for; otherwise it stays as it is. */
export async function remove(
  api: SlackApi,
  id: string,
  { actionOnDestroy }: Pick<ConversationInputs, "actionOnDestroy">,
): Promise<void> {
  if (actionOnDestroy === "archive") await archive(api, id);
}

async function createdOrAdopted(api: SlackApi, { name, isPrivate, adoptExistingChannel }: ConversationInputs) {
  try {
    // Not twice: the second time, the name would be taken by the first.
    const answer = await api.ask("conversations.create", { name, is_private: isPrivate }, { once: true });
    return (answer as { readonly channel: Channel }).channel;
  } catch (error) {
    if (!(error instanceof SlackError)) throw error;
    const isTaken = error.code === "name_taken";
    if (!isTaken && !isUnanswered(error)) throw error;
    const found = await findChannel(api, name, isPrivate);
    const isOurs = !isTaken && found !== undefined && (await isJustMade(api, found));
    if (found !== undefined && (adoptExistingChannel || isOurs)) return found;
    throw isTaken ? takenName(name, isPrivate, found) : error;
  }
}

/** Where an answer was lost: a channel that the app itself made just now is the one that was asked for. */
async function isJustMade(api: SlackApi, { creator, created }: Channel): Promise<boolean> {
  return created > Date.now() / 1000 - JUST_NOW_S && creator === (await api.self());
}

function isUnanswered({ code }: SlackError): boolean {
  return code === "unreachable" || code.startsWith("http_5");
}

function takenName(name: string, isPrivate: boolean, found: Channel | undefined): SlackError {
  const kind = isPrivate ? "private" : "public";
  return new SlackError(
    "name_taken",
    found === undefined
      ? `the name #${name} is taken, but not by a ${kind} channel that the app can see. Choose another name, or invite the app where it is private ` +
          "and set isPrivate to true."
      : `the channel #${name} (${found.id}) exists. Set adoptExistingChannel to true to take it over, or choose another name.`,
  );
}

/** What is known of a channel whose finishing failed: Slack may not answer to this either. */
async function asFarAsItIs(api: SlackApi, channel: Channel, wanted: ConversationInputs): Promise<ConversationOutputs> {
  try {
    return await outputsOf(api, (await channelOf(api, channel.id)) ?? channel, wanted);
  } catch (error) {
    if (!(error instanceof SlackError)) throw error;
    return outputsOf(api, channel, { ...wanted, permanentMembers: [], actionOnUpdatePermanentMembers: "none" });
  }
}
