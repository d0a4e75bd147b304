import { dashboardOf } from "./dashboard.ts";
import {
  aborted,
  changeFailures,
  frequencies,
  inProgress,
  lastSuccess,
  leadTime,
  leadTimes,
  outcomesOverTime,
  releases,
  restoreTime,
  restoreTimes,
  successes,
  superseded,
} from "./fleet-panels.ts";
import type { DashboardModel, DashboardSettings } from "./model.ts";
import { chosenFleet as scope, everyService } from "./variables.ts";

/** What is where, and how well do we deliver? */
export function releaseFleet(settings: DashboardSettings): DashboardModel {
  return dashboardOf(
    {
      name: "release-fleet",
      title: "Atom: fleet of releases",
      description: "The releases of all services in all environments that the data source knows, side by side.",
      range: "30d",
      variables: everyService(settings),
      oneEnvironment: false,
      rows: [
        { title: "Where we are", height: 5, panels: [lastSuccess(scope), inProgress(scope), releases(scope)] },
        {
          title: "How well we deliver",
          height: 5,
          panels: [successes(scope), changeFailures(scope), leadTime(scope), restoreTime(scope)],
        },
        { title: "Releases over time", height: 8, panels: [outcomesOverTime(scope), frequencies(scope)] },
        { title: "Times", height: 8, panels: [leadTimes(scope), restoreTimes(scope)] },
        { title: "Ended otherwise", height: 5, panels: [aborted(scope), superseded(scope)] },
      ],
    },
    settings,
  );
}
