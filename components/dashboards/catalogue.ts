import { apiPerformance } from "./api-performance.ts";
import { deploymentOverview } from "./deployment-overview.ts";
import { errorRate } from "./error-rate.ts";
import type { DashboardName } from "./identity.ts";
import type { DashboardModel, DashboardSettings } from "./model.ts";
import { releaseFleet } from "./release-fleet.ts";

const makers: Readonly<Record<DashboardName, (settings: DashboardSettings) => DashboardModel>> = {
  "deployment-overview": deploymentOverview,
  "api-performance": apiPerformance,
  "error-rate": errorRate,
  "release-fleet": releaseFleet,
};

/** All dashboards, by name. */
export function allDashboards(settings: DashboardSettings): Readonly<Record<DashboardName, DashboardModel>> {
  const made = Object.entries(makers).map(([name, make]) => [name, make(settings)] as const);
  return Object.fromEntries(made) as Record<DashboardName, DashboardModel>;
}

/** A dashboard as Grafana takes it: indented, so that two versions of it can be compared line by line. */
export function dashboardJson(model: DashboardModel): string {
  return `${JSON.stringify(model, null, 2)}\n`;
}
