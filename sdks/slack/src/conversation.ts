import * as pulumi from "@pulumi/pulumi";
import { ConversationProvider } from "./dynamic-provider.ts";

export interface ConversationArgs {
  /** Name of the channel, without #: up to 80 lower-case letters, digits, - and _. A change renames the channel. */
  readonly name: pulumi.Input<string>;
  /** A private channel. Slack cannot change it: a change needs a new name, and makes a new channel. */
  readonly isPrivate: pulumi.Input<boolean>;
  /** Up to 250 characters. @default as it is in Slack */
  readonly topic?: pulumi.Input<string>;
  /** Up to 250 characters. @default as it is in Slack */
  readonly purpose?: pulumi.Input<string>;
  /** Ids of users who are to be in the channel. Others may be there too. @default none */
  readonly permanentMembers?: pulumi.Input<readonly pulumi.Input<string>[]>;
  /** Whether the channel is archived. @default false */
  readonly isArchived?: pulumi.Input<boolean>;
  /** What becomes of the channel when the resource is deleted. @default "none": it stays as it is */
  readonly actionOnDestroy?: pulumi.Input<"archive" | "none">;
  /** What becomes of members that are not in permanentMembers. The app itself and who made the channel always stay. @default "none": they stay */
  readonly actionOnUpdatePermanentMembers?: pulumi.Input<"kick" | "none">;
  /** Whether to take over a channel of that name; an archived one is opened again, which Slack lets a person's token do alone. @default false */
  readonly adoptExistingChannel?: pulumi.Input<boolean>;
}

/** One for all resources, so that the text of its functions is made once. */
const implementation = new ConversationProvider();

/** A channel of Slack, by the names that the generated SDK has. Its id is the channel's. */
export class Conversation extends pulumi.dynamic.Resource {
  declare readonly name: pulumi.Output<string>;
  declare readonly isPrivate: pulumi.Output<boolean>;
  declare readonly topic: pulumi.Output<string>;
  declare readonly purpose: pulumi.Output<string>;
  declare readonly permanentMembers: pulumi.Output<readonly string[]>;
  declare readonly isArchived: pulumi.Output<boolean>;
  declare readonly actionOnDestroy: pulumi.Output<"archive" | "none">;
  declare readonly actionOnUpdatePermanentMembers: pulumi.Output<"kick" | "none">;
  declare readonly adoptExistingChannel: pulumi.Output<boolean>;
  /** When the channel was made, in seconds since the epoch. */
  declare readonly created: pulumi.Output<number>;
  /** Id of the user who made it. */
  declare readonly creator: pulumi.Output<string>;
  /** Whether it is the channel of everybody. */
  declare readonly isGeneral: pulumi.Output<boolean>;
  /** Whether several workspaces share it. */
  declare readonly isShared: pulumi.Output<boolean>;
  /** Whether it is shared with another organisation. */
  declare readonly isExtShared: pulumi.Output<boolean>;
  /** Whether workspaces of one organisation share it. */
  declare readonly isOrgShared: pulumi.Output<boolean>;

  /** The channel of this id as it is, for its outputs; it is not managed. To manage one that exists, see `adoptExistingChannel`. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Conversation {
    // Nothing is asked of a channel that is only read.
    return new Conversation(name, {} as ConversationArgs, { ...opts, id });
  }

  /** Throws where `opts.import` is set: Pulumi does not tell a dynamic provider enough to import by it. */
  constructor(name: string, args: ConversationArgs, opts?: pulumi.CustomResourceOptions) {
    if (opts?.import !== undefined)
      throw new pulumi.RunError(
        `the Conversation ${name} cannot be imported by its id: set adoptExistingChannel to true, and it is found by its name.`,
      );
    const outputs = {
      ...{ created: undefined, creator: undefined },
      ...{ isGeneral: undefined, isShared: undefined, isExtShared: undefined, isOrgShared: undefined },
    };
    super(
      implementation,
      name,
      { ...outputs, topic: undefined, purpose: undefined, ...args },
      opts,
      "slack",
      "Conversation",
    );
  }
}
