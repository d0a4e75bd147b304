import { dashboardUids } from "../components/dashboards/identity.ts";
import type { EnvironmentArgs } from "../stacks/environment.ts";
import type { StackConfig } from "./config/schema.ts";

/** Whom the releases of a stack tell, as its configuration says it. */
export function notificationsOfStack(config: StackConfig): EnvironmentArgs["notifications"] {
  const { notifications } = config;
  if (notifications === undefined) return undefined;
  const { urgent, slack = null, github = null, grafana } = notifications;
  return { urgent, slack, github, grafana: grafana ? grafanaOf(config) : null };
}

function grafanaOf({ grafana }: StackConfig) {
  return { url: grafana?.url, dashboards: grafana === undefined ? [] : dashboardUids(grafana.suffix) };
}
