// The releases of all services in all environments, side by side: one number or line for each of them.
import type { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import type { PanelBuilder as SeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { outcomeTargets } from "../slo/objectives.ts";
import {
  changeFailureShare,
  countOf,
  deploymentFrequency,
  durationAt,
  goodShare,
  outcomes,
  secondsSince,
  underWay,
  type ReleaseScope,
} from "../slo/release-queries.ts";
import { atLeast, below, outcomeColours, perPoint, stat, timeSeries, wholeRange } from "./house-style.ts";

const legend = "{{environment}} {{service}}";
const dayRange = "1d";

export function lastSuccess(scope: ReleaseScope): StatBuilder {
  return stat({
    title: "Since the last success",
    description: "Time since a release last ended with its version in place.",
    unit: units.Seconds,
    query: { expr: secondsSince("deployment_last_success_timestamp_seconds", scope), legend },
    noValue: "never",
  });
}

export function inProgress(scope: ReleaseScope): StatBuilder {
  return stat({
    title: "Under way",
    description:
      "Whether a release is under way. One that has been for hours waits for a person, or its releaser is gone.",
    unit: units.BoolYesNo,
    words: { "0": "no", "1": "under way" },
    query: { expr: underWay(scope), legend },
  });
}

export function successes(scope: ReleaseScope): StatBuilder {
  return stat({
    title: "Deployments that succeeded",
    description: "Share of the releases whose version stayed with all of the traffic. Target: more than 95 %.",
    unit: units.PercentUnit,
    thresholds: atLeast(outcomeTargets.deploymentSuccess),
    query: { expr: goodShare(outcomes.deployments, { scope, range: wholeRange }), legend },
    noValue: "no release",
  });
}

export function changeFailures(scope: ReleaseScope): StatBuilder {
  return stat({
    title: "Change failure ratio",
    description:
      "Share of the releases with users that had to be taken back from them, for the version's own fault or by a person. Target: less than 5 %.",
    unit: units.PercentUnit,
    thresholds: below(outcomeTargets.rollbacks),
    query: { expr: changeFailureShare({ scope, range: wholeRange }), legend },
    noValue: "no release",
  });
}

export function releases(scope: ReleaseScope): StatBuilder {
  return counter("Releases", "Releases that ended in the range, however they did.", "deployment_total", scope);
}

export function aborted(scope: ReleaseScope): StatBuilder {
  return counter("Aborted", "Releases of the range that a person ended.", "deployment_aborted_total", scope);
}

export function superseded(scope: ReleaseScope): StatBuilder {
  return counter(
    "Superseded",
    "Releases of the range that were taken back for another one.",
    "deployment_superseded_total",
    scope,
  );
}

export function leadTime(scope: ReleaseScope): StatBuilder {
  return stat({
    title: "Lead time",
    description:
      "Half of the commits of the range took less, from the commit until it was with all users; estimated from a histogram.",
    unit: units.Seconds,
    query: { expr: durationAt(0.5, "deployment_lead_time_seconds", { scope, range: wholeRange }), legend },
    noValue: "no release",
  });
}

export function restoreTime(scope: ReleaseScope): StatBuilder {
  return stat({
    title: "Time to restore",
    description:
      "Half of the rollbacks of the range took less, from the verdict until the traffic was seen back; estimated from a histogram.",
    unit: units.Seconds,
    query: { expr: durationAt(0.5, "deployment_restore_duration_seconds", { scope, range: wholeRange }), legend },
    noValue: "no rollback",
  });
}

export function frequencies(scope: ReleaseScope): SeriesBuilder {
  return timeSeries({
    title: "Releases per hour",
    description: "Releases that ended in the hour before each point, however they did.",
    unit: units.Short,
    as: "steps",
    queries: [{ expr: deploymentFrequency(scope), legend }],
  });
}

export function outcomesOverTime(scope: ReleaseScope): SeriesBuilder {
  return timeSeries({
    title: "Releases by outcome",
    description: "Releases that ended, of all environments and services together.",
    unit: units.Short,
    as: "bars",
    interval: "1m",
    colours: outcomeColours,
    queries: [
      {
        expr: countOf("deployment_total", { scope, range: perPoint, by: ["status"] }),
        legend: "{{environment}} {{service}} {{status}}",
      },
    ],
  });
}

export function leadTimes(scope: ReleaseScope): SeriesBuilder {
  return timeSeries({
    title: "Lead time, day by day",
    description: "Median time from a commit until it was with all users, of the releases of the day before each point.",
    unit: units.Seconds,
    queries: [{ expr: durationAt(0.5, "deployment_lead_time_seconds", { scope, range: dayRange }), legend }],
  });
}

export function restoreTimes(scope: ReleaseScope): SeriesBuilder {
  return timeSeries({
    title: "Time to restore, day by day",
    description:
      "Median time from the verdict until the traffic was seen back, of the rollbacks of the day before each point.",
    unit: units.Seconds,
    queries: [{ expr: durationAt(0.5, "deployment_restore_duration_seconds", { scope, range: dayRange }), legend }],
  });
}

function counter(title: string, description: string, metric: string, scope: ReleaseScope): StatBuilder {
  return stat({
    title,
    description,
    unit: units.Short,
    query: { expr: countOf(metric, { scope, range: wholeRange }), legend },
  });
}
