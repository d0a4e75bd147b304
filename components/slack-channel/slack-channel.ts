import * as pulumi from "@pulumi/pulumi";
import { Conversation } from "@pulumi/slack";

/** What a stack uses a channel for. */
export const channelRoles = ["deployments", "critical"] as const;
export type ChannelRole = (typeof channelRoles)[number];

export interface SlackChannelArgs {
  /** Name in Slack, without #. A change renames the channel. */
  readonly channel: string;
  /** @default false */
  readonly private?: boolean | undefined;
  /** @default as it is in Slack */
  readonly topic?: string | undefined;
  /** @default as it is in Slack */
  readonly purpose?: string | undefined;
  /** Ids of users who are to be in it. Whoever else is there stays. @default nobody */
  readonly members?: readonly string[] | undefined;
  /** What becomes of the channel when the stack has it no longer. @default it stays as it is */
  readonly onDelete?: "keep" | "archive" | undefined;
}

/**
 * A channel of Slack that people are told in: made, or taken over as it is where it exists. Nobody is ever removed from it. It is made by
 * the Slack provider that the component is given.
 */
export class SlackChannel extends pulumi.ComponentResource {
  /** Slack's id of the channel, by which messages are posted. */
  readonly channelId: pulumi.Output<string>;

  constructor(name: string, args: SlackChannelArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:slack:SlackChannel", name, {}, opts);
    const conversation = new Conversation(
      name,
      {
        name: args.channel,
        isPrivate: args.private ?? false,
        ...(args.topic === undefined ? {} : { topic: args.topic }),
        ...(args.purpose === undefined ? {} : { purpose: args.purpose }),
        permanentMembers: args.members ?? [],
        adoptExistingChannel: true,
        // Said although they are the defaults here: the generated package has others.
        actionOnUpdatePermanentMembers: "none",
        actionOnDestroy: args.onDelete === "archive" ? "archive" : "none",
      },
      { parent: this },
    );
    this.channelId = conversation.id;
    this.registerOutputs({ channelId: this.channelId });
  }
}
