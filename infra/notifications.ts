import { dashboardUids } from "../components/dashboards/identity.ts";
import type { EnvironmentArgs } from "../stacks/environment.ts";
import type { StackConfig } from "./config/schema.ts";

/**
 * Whom the releases of a stack tell, as its configuration says it.
 *
 * @param hasDashboards whether this run brings the stack's dashboards
 */
export function notificationsOfStack(config: StackConfig, hasDashboards: boolean): EnvironmentArgs["notifications"] {
  const { notifications } = config;
  if (notifications === undefined) return undefined;
  const { urgent, slack = null, github = null, grafana } = notifications;
  return { urgent, slack, github, grafana: grafana ? grafanaOf(config, hasDashboards) : null };
}

function grafanaOf({ grafana }: StackConfig, hasDashboards: boolean) {
  return { url: grafana?.url, dashboards: hasDashboards ? dashboardUids(grafana?.suffix) : [] };
}
