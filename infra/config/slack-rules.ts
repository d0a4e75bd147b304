import type { ConfigProblem } from "./error.ts";
import type { StackConfig } from "./schema.ts";

/** One channel in two resources: each would set its own topic. */
export function slackProblems({ slack }: Pick<StackConfig, "slack">): ConfigProblem[] {
  const urgent = slack?.critical?.channel;
  if (urgent === undefined || urgent !== slack?.deployments.channel) return [];
  return [
    {
      key: "slack.critical.channel",
      value: urgent,
      allowed: "allowed: another channel than that of the deployments; without the key, they are the same",
    },
  ];
}
