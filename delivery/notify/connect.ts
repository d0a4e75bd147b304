// From a plan and the variables of this process to what it can send.
import type { Notifications } from "../../components/release-plan/notifications.ts";
import { grafanaEndpoint } from "../grafana/endpoint.ts";
import { GrafanaClient } from "../grafana/client.ts";
import { Scrubber } from "../http/scrubber.ts";
import { GithubDeployments } from "./github/deployments.ts";
import { GithubIssues } from "./github/issues.ts";
import { GrafanaAnnotations } from "./grafana/annotations.ts";
import { GrafanaDashboards } from "./grafana/dashboards.ts";
import type { Channels } from "./sender.ts";
import { SlackWebApi } from "./slack/web-api.ts";
import { SlackWebhook } from "./slack/webhook.ts";

type Variables = Readonly<Record<string, string | undefined>>;

export interface ConnectOptions {
  readonly notifications: Notifications;
  readonly service: string;
  /** The stack. */
  readonly environment: string;
  /** Where tokens and addresses come from: a process's environment. */
  readonly variables: Variables;
}

/** What this process can send, and what it would need for the rest. */
export interface Connected {
  readonly channels: Channels;
  /** What is configured and cannot be told from here, a sentence each. */
  readonly notes: readonly string[];
  /** Takes the secrets of all channels out of a text. */
  readonly scrub: (text: string) => string;
}

type Part = Omit<Connected, "scrub">;

const nothing: Part = { channels: {}, notes: [] };

/** Never throws: whatever is missing or wrong is a note, and no reason for a release to fail. */
export function connectChannels(options: ConnectOptions): Connected {
  const scrubber = new Scrubber();
  for (const name of secretVariables) {
    const value = options.variables[name];
    if (value !== undefined) scrubber.learn(value);
  }
  const parts = [slackPart(options), githubPart(options), grafanaPart(options)];
  return {
    channels: Object.assign({}, ...parts.map(({ channels }) => channels)) as Channels,
    notes: parts.flatMap(({ notes }) => notes),
    scrub: (text) => scrubber.scrub(text),
  };
}

/** Variables whose values are secrets. */
export const secretVariables = [
  "SLACK_BOT_TOKEN",
  "SLACK_WEBHOOK_URL",
  "SLACK_WEBHOOK_CRITICAL",
  "GITHUB_TOKEN",
  "GRAFANA_API_KEY",
] as const;

function slackPart({ notifications: { slack }, service, environment, variables }: ConnectOptions): Part {
  if (slack === null) return nothing;
  const token = valueOf(variables, "SLACK_BOT_TOKEN");
  const usual = urlOf(variables, "SLACK_WEBHOOK_URL");
  const critical = urlOf(variables, "SLACK_WEBHOOK_CRITICAL");
  if (token !== undefined && slack.channel !== undefined) {
    const access = { token, apiUrl: urlOf(variables, "SLACK_API_URL") };
    const { channel, criticalChannel } = slack;
    const api = new SlackWebApi({ access, channel, criticalChannel, service, environment });
    return { channels: slackChannels(api), notes: [] };
  }
  if (usual !== undefined || critical !== undefined) {
    const webhook = new SlackWebhook({ usual, critical, service, environment });
    return { channels: slackChannels(webhook), notes: [] };
  }
  const why =
    token === undefined
      ? "neither SLACK_BOT_TOKEN nor SLACK_WEBHOOK_URL is set"
      : "it has no channel, and SLACK_WEBHOOK_URL is not set";
  return {
    channels: {},
    notes: [`Slack is configured (notifications.slack), but ${why}: nothing is told there from here`],
  };
}

function slackChannels(channel: SlackWebApi | SlackWebhook): Channels {
  return { "slack-message": channel, "slack-alert": channel, "slack-line": channel, "slack-end": channel };
}

function githubPart({ notifications: { github }, service, environment, variables }: ConnectOptions): Part {
  if (github === null) return nothing;
  const without = (why: string): Part => ({
    channels: {},
    notes: [`GitHub is configured (notifications.github), but ${why}: no issue and no deployment is kept from here`],
  });
  const token = valueOf(variables, "GITHUB_TOKEN");
  if (token === undefined) return without("GITHUB_TOKEN is not set");
  const [owner, repo, more] = (github.repository ?? valueOf(variables, "GITHUB_REPOSITORY") ?? "").split("/");
  if (owner === undefined || owner === "" || repo === undefined || more !== undefined)
    return without("neither notifications.github.repository nor GITHUB_REPOSITORY names a repository as owner/name");
  const access = { token, owner, repo, apiUrl: urlOf(variables, "GITHUB_API_URL")?.replace(/\/$/, "") };
  const server = urlOf(variables, "GITHUB_SERVER_URL") ?? "https://github.com";
  const place = { access, url: `${server.replace(/\/$/, "")}/${owner}/${repo}`, service, environment };
  const issues = new GithubIssues(place);
  return {
    channels: { "github-issue": issues, "github-recovery": issues, "github-deployment": new GithubDeployments(place) },
    notes: [],
  };
}

function grafanaPart({ notifications: { grafana }, service, environment, variables }: ConnectOptions): Part {
  if (grafana === null) return nothing;
  const without = (why: string): Part => ({
    channels: {},
    notes: [
      `Grafana is configured (notifications.grafana), but ${why}: no release is marked on the dashboards, and none takes them back`,
    ],
  });
  try {
    const endpoint = grafanaEndpoint(variables, grafana.url);
    if (endpoint === undefined) return without("GRAFANA_API_KEY or its address (grafana.url, GRAFANA_URL) is not set");
    const client = new GrafanaClient(endpoint);
    return {
      channels: {
        "grafana-annotation": new GrafanaAnnotations({ client, service, environment }),
        "grafana-dashboards": new GrafanaDashboards({ client, uids: grafana.dashboards }),
      },
      notes: [],
    };
  } catch {
    return without("GRAFANA_URL is no usable address");
  }
}

function valueOf(variables: Variables, name: string): string | undefined {
  const value = variables[name];
  return value === "" ? undefined : value;
}

/** An address; one that is none counts as missing, for it must not be shown. */
function urlOf(variables: Variables, name: string): string | undefined {
  const url = URL.parse(valueOf(variables, name) ?? "");
  return url !== null && ["http:", "https:"].includes(url.protocol) ? url.href : undefined;
}
