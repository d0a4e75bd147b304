import type { Objectives } from "../slo/objectives.ts";
import { isAlert, type Alert, type AlertScope, type RuleGroup } from "./alert.ts";
import { burnRateAlerts } from "./burn-rate-alerts.ts";
import { releaseAlerts, serviceAlerts } from "./deployment-alerts.ts";
import { Recordings } from "./recordings.ts";
import type { AlertSettings } from "./settings.ts";
import { deadMansSwitch, watchAlerts } from "./watch-alerts.ts";

/** What a service's rules are made of. */
export interface RuleSources {
  readonly scope: AlertScope;
  readonly objectives: Objectives;
  readonly settings: AlertSettings;
}

/** Every rule of a service, in groups. */
export function ruleGroups({ scope, objectives, settings }: RuleSources): readonly RuleGroup[] {
  const { window, burnRates, notifications } = settings;
  const recordings = new Recordings(scope, objectives, window);
  const sources = { scope, objectives, settings, recordings };
  return [
    {
      name: "deployment_alerts",
      rules: [
        ...recordings.ofReleases(),
        ...recordings.ofWindow(),
        ...recordings.ofRanges(burnRates.flatMap(({ long, short }) => [long, short])),
        ...releaseAlerts(sources),
        ...serviceAlerts(sources),
        ...burnRateAlerts({ objectives, burnRates, recordings }),
      ],
    },
    {
      // By themselves, so that no slow query above holds up the dead man's switch.
      name: "watches",
      rules: [...watchAlerts(sources), ...(notifications.deadMansSwitch === undefined ? [] : [deadMansSwitch])],
    },
  ];
}

/** The alerts among the rules. */
export function alertsOf(groups: readonly RuleGroup[]): readonly Alert[] {
  return groups.flatMap(({ rules }) => rules.filter(isAlert));
}
