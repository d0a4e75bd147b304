import { z } from "zod";
import { section, text, word } from "./section.ts";

const shortText = z
  .string()
  .max(250, "allowed: up to 250 characters")
  .optional()
  .describe("Default: as it is in Slack.");

const channel = section({
  channel: text(
    /^[a-z0-9_-]{0,79}[a-z0-9]$/,
    "up to 80 lower-case letters, digits, - and _, without #, such as atom-deployments",
  ).describe("Name of the channel. One that exists is taken over as it is. A change renames it."),
  private: z.boolean({ error: "allowed: true, false" }).default(false).describe("Slack cannot change it afterwards."),
  topic: shortText,
  purpose: shortText,
  members: z
    .array(text(/^[UW][A-Z0-9]{2,}$/, "a member id such as U0123456789 (in Slack: profile, Copy member ID)"))
    .default([])
    .describe("Who is to be in it, by member id. Whoever else is there stays."),
  onDelete: word(["keep", "archive"])
    .default("keep")
    .describe("What becomes of the channel when the stack has it no longer."),
});

/** The channels of a stack. Their app's token is the secret `slackToken`; what is posted in them is said elsewhere. */
export const slack = section({
  deployments: channel.describe("Where a stack's releases are told."),
  critical: channel.optional().describe("Where what is urgent is told. Default: in the channel of the deployments."),
  apiUrl: z
    .url({ protocol: /^https?$/, error: "allowed: a URL such as https://slack-gov.com/api/" })
    .optional()
    .describe("Base of Slack's Web API, for GovSlack or a proxy. Default: https://slack.com/api/."),
});
