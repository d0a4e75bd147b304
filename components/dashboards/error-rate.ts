import { dashboardOf } from "./dashboard.ts";
import type { DashboardModel, DashboardSettings } from "./model.ts";
import {
  answersByStatus,
  failedByVersion,
  failedInRange,
  failedNow,
  failedOverTime,
  failedShareByEndpoint,
  failuresByEndpoint,
  latencyByEndpoint,
  latencyQuantiles,
  requestsByEndpoint,
  requestsNow,
} from "./request-panels.ts";
import { chosenRequests, oneService } from "./variables.ts";

/** Does the service answer? */
export function errorRate(settings: DashboardSettings): DashboardModel {
  const scope = chosenRequests(settings);
  const { objectives } = settings;
  return dashboardOf(
    {
      name: "error-rate",
      title: "Atom: error rate",
      description: "Which requests a service fails, since when, and whether a version or an endpoint is to blame.",
      range: "6h",
      variables: oneService(settings),
      oneEnvironment: true,
      rows: [
        {
          title: "Now",
          height: 5,
          panels: [failedNow(scope, objectives), failedInRange(scope, objectives), requestsNow(scope)],
        },
        {
          title: "All endpoints",
          height: 8,
          panels: [failedOverTime(scope, objectives), failedByVersion(scope, objectives), answersByStatus(scope)],
        },
        {
          title: "By endpoint",
          height: 8,
          panels: [failedShareByEndpoint(scope), failuresByEndpoint(scope), requestsByEndpoint(scope)],
        },
        {
          title: "Is it slow as well?",
          height: 8,
          panels: [latencyQuantiles(scope, objectives), latencyByEndpoint(scope, 0.95)],
        },
      ],
    },
    settings,
  );
}
