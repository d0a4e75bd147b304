import { z } from "zod";
import { section, text } from "./section.ts";

const channelId = text(
  /^[CG][A-Z0-9]{2,}$/,
  "a channel id such as C0123456789 (in Slack: the channel's details, at the end)",
);
const yesOrNo = z.boolean({ error: "allowed: true, false" });

/** Whom the releaser tells of this stack's releases. Tokens and webhooks are variables of the releaser: see docs/notifications.md. */
export const notifications = section({
  urgent: yesOrNo
    .default(false)
    .describe(
      "Whether a release that goes back here is urgent: it is marked so, and told where urgent things are told.",
    ),
  slack: section({
    channel: channelId
      .optional()
      .describe("Where releases are told with SLACK_BOT_TOKEN. Without it: by the webhook SLACK_WEBHOOK_URL alone."),
    criticalChannel: channelId
      .optional()
      .describe(
        "Where urgent alerts are told. Default: in the same channel. A webhook for them: SLACK_WEBHOOK_CRITICAL.",
      ),
  })
    .optional()
    .describe("Default: Slack is not told."),
  github: section({
    repository: text(/^[\w.-]+\/[\w.-]+$/, "owner/name, such as example/atom")
      .optional()
      .describe("Where issues and deployments are kept, with GITHUB_TOKEN. Default: the variable GITHUB_REPOSITORY."),
    assignees: z
      .array(text(/^[A-Za-z0-9-]{1,39}$/, "a GitHub login"))
      .max(10, "allowed: up to 10 logins")
      .default([])
      .describe("Whom an issue about a release that went back is assigned to."),
    labels: z
      .array(z.string().min(1).max(50))
      .default([])
      .describe("Labels of such an issue, beside deployment, rollback, bug and the environment."),
    files: z
      .array(z.string().min(1))
      .default([])
      .describe("Where to look when a release went back: paths in the repository, or URLs."),
  })
    .optional()
    .describe("Default: GitHub is not told."),
  grafana: yesOrNo
    .default(false)
    .describe("Whether releases are marked on the dashboards, with GRAFANA_API_KEY and grafana.url or GRAFANA_URL."),
});
