import { dashboardOf } from "./dashboard.ts";
import type { DashboardModel, DashboardSettings } from "./model.ts";
import {
  failedNow,
  latencyByEndpoint,
  latencyByVersion,
  latencyNow,
  latencyQuantiles,
  podsRead,
  requestsByEndpoint,
  requestsByVersion,
  requestsNow,
  slowNow,
  slowOverTime,
} from "./request-panels.ts";
import { chosenRequests, oneService } from "./variables.ts";

/** Is the service fast? */
export function apiPerformance(settings: DashboardSettings): DashboardModel {
  const scope = chosenRequests(settings);
  const { objectives } = settings;
  return dashboardOf(
    {
      name: "api-performance",
      title: "Atom: API performance",
      description: "How many requests a service gets, and how long they take, by endpoint and by version.",
      range: "6h",
      variables: oneService(settings),
      oneEnvironment: true,
      rows: [
        {
          title: "Now",
          height: 5,
          panels: [requestsNow(scope), latencyNow(scope, objectives), failedNow(scope, objectives), podsRead(scope)],
        },
        {
          title: "All endpoints",
          height: 8,
          panels: [latencyQuantiles(scope, objectives), slowOverTime(scope, objectives), slowNow(scope, objectives)],
        },
        {
          title: "By version",
          height: 8,
          panels: [requestsByVersion(scope), latencyByVersion(scope, objectives)],
        },
        {
          title: "By endpoint",
          height: 8,
          panels: [
            requestsByEndpoint(scope),
            latencyByEndpoint(scope, 0.5),
            latencyByEndpoint(scope, 0.95),
            latencyByEndpoint(scope, 0.99),
          ],
        },
      ],
    },
    settings,
  );
}
