import { z } from "zod";
import { longestSuffix } from "../../components/dashboards/identity.ts";
import { section, text } from "./section.ts";

/** Where the dashboards of a stack are. Their key is the secret `grafanaApiKey`, or the variable GRAFANA_API_KEY, which wins. */
export const grafana = section({
  url: z
    .url({ protocol: /^https?$/, error: "allowed: a URL such as https://grafana.example.com" })
    .optional()
    .describe(
      "Where Grafana is. The variable GRAFANA_URL wins; without either there are no dashboards, and a warning.",
    ),
  folder: z.string().min(1).max(80).default("Atom").describe("Title of the folder that the dashboards are in."),
  suffix: text(
    new RegExp(`^[a-z0-9](?:[a-z0-9-]{0,${longestSuffix - 2}}[a-z0-9])?$`),
    `up to ${longestSuffix} lower-case letters, digits and hyphens, such as staging`,
  )
    .optional()
    .describe(
      "What the uids of folder and dashboards end with. Only for a stack that shares a Grafana with another one that has the uids already. Default: nothing.",
    ),
  datasource: z
    .string()
    .min(1)
    .optional()
    .describe("Name of the Prometheus data source that the dashboards begin with. Default: Grafana's default one."),
});
