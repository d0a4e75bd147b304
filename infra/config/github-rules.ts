import type { ConfigProblem } from "./error.ts";
import type { StackConfig } from "./schema.ts";

const minute = 60_000;
const longestWait = 30 * 24 * 60 * minute;
const mostReviewers = 6;

/** Every secret that the section may ask for, beside those that other sections have. */
export const githubSecrets: readonly string[] = [
  "githubToken",
  "kubeconfig",
  "pulumiAccessToken",
  "pulumiConfigPassphrase",
  "registryPassword",
  "registryUsername",
  "slackWebhookCritical",
  "slackWebhookUrl",
];

/** Those without which no workflow gets anywhere, by the section as it is written, be it right or wrong. */
export function githubSecretsNeededBy(section: unknown): readonly string[] {
  const usesOidc = typeof section === "object" && section !== null && "oidc" in section && section.oidc === true;
  return [...(usesOidc ? [] : ["kubeconfig"]), "registryPassword", "registryUsername"];
}

/** What GitHub would refuse, and a production that nobody has to approve (R13). */
export function githubProblems({ github, environment }: StackConfig): ConfigProblem[] {
  if (github === undefined) return [];
  const problems: ConfigProblem[] = [];
  const { waitTimer } = github;
  if (waitTimer % minute !== 0 || waitTimer > longestWait)
    problems.push({
      key: "github.waitTimer",
      value: `${waitTimer}ms`,
      allowed: "allowed: whole minutes up to 30 days, such as 5m or 720h",
    });
  const { users, teams } = github.reviewers;
  const reviewers = users.length + teams.length;
  if (reviewers > mostReviewers)
    problems.push({
      key: "github.reviewers",
      value: github.reviewers,
      allowed: `allowed: up to ${mostReviewers} users and teams together`,
    });
  if (environment === "production" && reviewers === 0)
    problems.push({
      key: "github.reviewers",
      value: github.reviewers,
      allowed: "required in production: at least one user or team that approves a deployment",
    });
  return problems;
}
