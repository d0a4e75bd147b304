import { z } from "zod";
import { plans } from "../../components/github/plan.ts";
import { duration } from "./duration.ts";
import { section, text, word } from "./section.ts";

const yesOrNo = z.boolean({ error: "allowed: true, false" });
const login = text(/^[A-Za-z0-9-]{1,39}$/, "a GitHub login");
const slug = text(/^[a-z0-9][a-z0-9_-]{0,99}$/, "a team's name as in its URL, such as on-call");
const branch = text(/^[\w./*?-]{1,200}$/, "a branch or a pattern of branches, such as main or release/*");
const variableName = text(
  /^(?!GITHUB_)[A-Z_][A-Z0-9_]{0,99}$/,
  "capitals, digits and _, such as KUBERNETES_SERVER, and not GITHUB_ at the beginning",
);

/** A stack's environment at GitHub. Who declares it is the secret `githubToken`, or the variable GITHUB_ADMIN_TOKEN, which wins. */
export const github = section({
  repository: text(/^[\w.-]+\/[\w.-]+$/, "owner/name, such as example/atom").describe(
    "The repository whose workflows release the stack. It has to exist; it is never made or deleted.",
  ),
  environment: text(/^[A-Za-z0-9][\w.-]{0,99}$/, "up to 100 letters, digits, -, _ and .")
    .optional()
    .describe("Name of the environment that the workflows deploy to. Default: the stack's."),
  reviewers: section({
    users: z.array(login).default([]).describe("Logins."),
    teams: z.array(slug).default([]).describe("Teams of the repository's organization."),
  })
    .prefault({})
    .describe("Of whom one has to approve each deployment: up to six in all, at least one in production."),
  preventSelfReview: yesOrNo
    .default(true)
    .describe("Whether whoever started a deployment may not be the one who approves it."),
  waitTimer: duration
    .prefault("0s")
    .describe("How long a deployment waits before it begins, in whole minutes up to 30 days (720h)."),
  branches: z
    .array(branch)
    .min(1, "allowed: at least one branch")
    .default(["main"])
    .describe("What may be deployed. With manageRepository, a change comes there by a pull request alone."),
  variables: z
    .record(variableName, z.string())
    .default({})
    .describe("Variables of the environment, such as KUBERNETES_SERVER, KUBERNETES_CA and PULUMI_BACKEND_URL."),
  oidc: yesOrNo
    .default(false)
    .describe("Whether the workflows log in to the cluster by OpenID Connect. There is no kubeconfig then."),
  metricsEndpoint: z
    .url({ protocol: /^https?$/, error: "allowed: a URL such as https://pushgateway.example.com" })
    .optional()
    .describe("Where a release pushes its counts. Default: the workflows have no METRICS_ENDPOINT."),
  plan: word(plans)
    .optional()
    .describe("The owner's plan at GitHub, for a private repository whose plan the token may not read."),
  manageRepository: yesOrNo
    .default(false)
    .describe("Whether the stack keeps the repository's ruleset and labels. One stack of a repository does."),
  apiUrl: z
    .url({ protocol: /^https?$/, error: "allowed: a URL such as https://github.example.com/api/v3" })
    .optional()
    .describe("GitHub's API, for GitHub Enterprise. Default: https://api.github.com."),
});
