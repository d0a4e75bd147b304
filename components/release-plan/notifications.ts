import { z } from "zod";

/** Labels of the issue about a release that went back, beside its environment. */
export const rollbackLabels = ["deployment", "rollback", "bug"] as const;

const channel = z.string().min(1).describe("id of a Slack channel");

/** Whom a release tells, and what of. Tokens and webhooks are variables of the releaser, and never here. */
export const notifications = z.strictObject({
  urgent: z.boolean().default(false).describe("whether a release that goes back here is urgent"),
  slack: z
    .strictObject({
      channel: channel.optional(),
      criticalChannel: channel.optional().describe("for what is urgent"),
    })
    .nullable()
    .default(null),
  github: z
    .strictObject({
      repository: z.string().optional().describe("owner/name @default the variable GITHUB_REPOSITORY"),
      assignees: z.array(z.string()).default([]),
      labels: z.array(z.string()).default([]).describe("beside deployment, rollback, bug and the environment"),
      files: z.array(z.string()).default([]).describe("where to look, as paths in the repository or as URLs"),
    })
    .nullable()
    .default(null),
  grafana: z
    .strictObject({
      url: z.url({ protocol: /^https?$/ }).optional(),
      dashboards: z
        .array(z.string())
        .default([])
        .describe("uids of those that a deployment brings, and that go back with its release"),
    })
    .nullable()
    .default(null)
    .describe("mark each release on the dashboards, and have them go back with it"),
});

export type Notifications = z.output<typeof notifications>;

const carrier = z.looseObject({ notifications: notifications.nullable().default(null) });

/** What a plan as a record holds it says of notifications, whatever else is in it; null where it says nothing that this version knows. */
export function notificationsOf(plan: unknown): Notifications | null {
  const read = carrier.safeParse(plan);
  return read.success ? read.data.notifications : null;
}
