import {
  AnnotationQueryBuilder,
  AnnotationTargetBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  defaultDashboard,
  type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboardUid, releaseTags, type DashboardName } from "./identity.ts";
import { arranged, type Row } from "./layout.ts";
import type { AnnotationQuery, DashboardModel, DashboardSettings } from "./model.ts";

/** What one dashboard has for itself; the rest is the same for all. */
export interface DashboardParts {
  readonly name: DashboardName;
  readonly title: string;
  readonly description: string;
  /** The range to begin with, until now: `7d`. */
  readonly range: string;
  readonly variables: readonly VariableModel[];
  /** Whether it shows one environment, and the releases of that alone. */
  readonly oneEnvironment: boolean;
  readonly rows: readonly Row[];
}

/** Puts a dashboard together. It cannot be edited in Grafana: the next deployment would undo that. */
export function dashboardOf(parts: DashboardParts, { environment, suffix }: DashboardSettings): DashboardModel {
  const title = suffix === undefined ? parts.title : `${parts.title} (${suffix})`;
  // The tags of one stack: dashboards link to each other, and not to those of another stack in the same Grafana.
  const tags = ["atom", environment];
  return {
    uid: dashboardUid(parts.name, suffix),
    title,
    description: parts.description,
    tags,
    timezone: "browser",
    editable: false,
    graphTooltip: DashboardCursorSync.Crosshair,
    time: { from: `now-${parts.range}`, to: "now" },
    refresh: "1m",
    schemaVersion: defaultDashboard().schemaVersion,
    panels: arranged(parts.rows),
    templating: { list: parts.variables },
    annotations: { list: [releases(parts.oneEnvironment)] },
    links: [
      new DashboardLinkBuilder("Atom")
        .type(DashboardLinkType.Dashboards)
        .tags(tags)
        .includeVars(true)
        .keepTime(true)
        .build(),
    ],
  };
}

/** Releases as marks on every time axis: `atom release` makes them. */
function releases(oneEnvironment: boolean): AnnotationQuery {
  const tags = oneEnvironment ? [...releaseTags, "$environment"] : [...releaseTags];
  return {
    ...new AnnotationQueryBuilder()
      .name("Releases")
      .datasource({ type: "grafana", uid: "-- Grafana --" })
      .enable(true)
      .iconColor("blue")
      .build(),
    // Its own type of target: annotations of Grafana itself, with all of these tags.
    target: new AnnotationTargetBuilder().type("tags").tags(tags).matchAny(false).limit(100).build(),
  };
}
