import * as pulumi from "@pulumi/pulumi";
import { parseGrafanaUrl } from "../components/dashboards/grafana-url.ts";
import type { StackConfig } from "./config/schema.ts";

/** Whether the program can reach Grafana. */
export type GrafanaAccess =
  | { readonly kind: "granted"; readonly url: string; readonly key: pulumi.Output<string> }
  /** `note`: what is missing, for people. */
  | { readonly kind: "missing"; readonly note: string };

export interface GrafanaSources {
  /** The stack's section; none: the stack has no dashboards. */
  readonly section: StackConfig["grafana"];
  /** The secret `grafanaApiKey`, where it is set. */
  readonly key: pulumi.Output<string> | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Where Grafana is and with which key; undefined for a stack without dashboards. The variables GRAFANA_URL and GRAFANA_API_KEY win over the
 * configuration. Throws a GrafanaUrlError.
 */
export function grafanaAccess({ section, key, env }: GrafanaSources): GrafanaAccess | undefined {
  if (section === undefined) return undefined;
  const url = given(env.GRAFANA_URL) ?? section.url;
  const variable = given(env.GRAFANA_API_KEY);
  const secret = variable === undefined ? key : pulumi.secret(variable);
  const missing = [
    ...(url === undefined ? ["atom:grafana.url or GRAFANA_URL"] : []),
    ...(secret === undefined ? ["atom:grafanaApiKey or GRAFANA_API_KEY"] : []),
  ];
  if (url === undefined || secret === undefined) return { kind: "missing", note: withoutDashboards(missing) };
  return { kind: "granted", url: parseGrafanaUrl(url).href, key: secret };
}

function withoutDashboards(missing: readonly string[]): string {
  return `warning: the stack is without its dashboards, and any that it had go: set ${missing.join(", and ")}`;
}

function given(variable: string | undefined): string | undefined {
  return variable === "" ? undefined : variable;
}
