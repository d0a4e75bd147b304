import { dashboardOf } from "./dashboard.ts";
import type { DashboardModel, DashboardSettings } from "./model.ts";
import {
  dashboardsUpdated,
  deploymentSuccess,
  prometheusQueriesSucceeded,
  rollbackRate,
  smokeTestsPassed,
  timeToGoBack,
} from "./outcome-panels.ts";
import {
  canaryShare,
  frequency,
  prometheusQueries,
  prometheusQueryDuration,
  releaseCount,
  releaseDuration,
  releasesByOutcome,
  rollbacksByReason,
  sinceLastSuccess,
  smokeTestDuration,
  smokeTests,
  successOverTime,
} from "./release-panels.ts";
import { chosenReleases as scope, oneService } from "./variables.ts";

/** Do releases go well? */
export function deploymentOverview(settings: DashboardSettings): DashboardModel {
  return dashboardOf(
    {
      name: "deployment-overview",
      title: "Atom: deployment overview",
      description: "How the releases of a service go in an environment, against the outcome targets.",
      range: "7d",
      variables: oneService(settings),
      oneEnvironment: true,
      rows: [
        {
          title: "Outcome targets",
          height: 5,
          panels: [
            deploymentSuccess(scope),
            rollbackRate(scope),
            smokeTestsPassed(scope),
            timeToGoBack(scope),
            prometheusQueriesSucceeded(scope),
            dashboardsUpdated(scope),
          ],
        },
        {
          title: "Releases",
          height: 8,
          panels: [sinceLastSuccess(scope), releasesByOutcome(scope), rollbacksByReason(scope), canaryShare(scope)],
        },
        {
          title: "Pace",
          height: 8,
          panels: [releaseDuration(scope), frequency(scope), successOverTime(scope), releaseCount(scope)],
        },
        {
          title: "What releases are judged by",
          height: 8,
          panels: [
            smokeTests(scope),
            smokeTestDuration(scope),
            prometheusQueries(scope),
            prometheusQueryDuration(scope),
          ],
        },
      ],
    },
    settings,
  );
}
