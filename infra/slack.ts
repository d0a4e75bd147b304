import type { Output } from "@pulumi/pulumi";
import { Provider } from "@pulumi/slack";
import { channelRoles } from "../components/slack-channel/slack-channel.ts";
import type { EnvironmentArgs } from "../stacks/environment.ts";
import type { StackConfig } from "./config/schema.ts";

/** Who talks to Slack for a stack; nobody for a stack without channels. */
export function slackProvider(
  slack: StackConfig["slack"],
  { slackToken }: Readonly<Record<string, Output<string>>>,
): Provider | undefined {
  if (slack === undefined) return undefined;
  if (slackToken === undefined) throw new Error("the configuration was accepted without the secret slackToken");
  return new Provider("slack", {
    token: slackToken,
    ...(slack.apiUrl === undefined ? {} : { baseUrl: slack.apiUrl }),
  });
}

/** The channels of a stack, by what it uses them for; nothing for a stack without them. */
export function channelsOfStack({ slack }: Pick<StackConfig, "slack">): EnvironmentArgs["channels"] {
  if (slack === undefined) return undefined;
  const channels = channelRoles.map((role) => [role, slack[role]] as const);
  return Object.fromEntries(channels.filter(([, channel]) => channel !== undefined));
}
