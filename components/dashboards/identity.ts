// What the dashboards are called in Grafana. Free of Pulumi: alerts link to them, and the releaser asks for them by these names.

/** The dashboards, in the order in which they are read. */
export const dashboardNames = ["deployment-overview", "api-performance", "error-rate", "release-fleet"] as const;
export type DashboardName = (typeof dashboardNames)[number];

/** Grafana's own bound for the uid of a dashboard or a folder. */
const longestUid = 40;
const prefix = "atom";

/** The longest suffix that every uid has room for. */
export const longestSuffix = longestUid - Math.max(...dashboardNames.map((name) => `${prefix}-${name}-`.length));

/**
 * The uid of a dashboard, which is the same whichever commit made it: `atom-deployment-overview` (R11).
 *
 * @param suffix tells the dashboards of stacks apart that share a Grafana @default none
 */
export function dashboardUid(name: DashboardName, suffix?: string): string {
  return withSuffix(`${prefix}-${name}`, suffix);
}

/** The uids of all dashboards. */
export function dashboardUids(suffix?: string): string[] {
  return dashboardNames.map((name) => dashboardUid(name, suffix));
}

/** The uid of the folder that they are in: `atom`. */
export function folderUid(suffix?: string): string {
  return withSuffix(prefix, suffix);
}

function withSuffix(uid: string, suffix: string | undefined): string {
  return suffix === undefined ? uid : `${uid}-${suffix}`;
}

/**
 * The address of a dashboard, with the values of its variables.
 *
 * @param grafana where Grafana is; may have a path
 * @param variables by name: `{ environment: "staging" }`
 */
export function dashboardUrl(grafana: string, uid: string, variables: Readonly<Record<string, string>> = {}): string {
  const base = grafana.endsWith("/") ? grafana : `${grafana}/`;
  const url = new URL(`d/${encodeURIComponent(uid)}`, base);
  for (const [name, value] of Object.entries(variables)) url.searchParams.append(`var-${name}`, value);
  return url.href;
}

/** Tags of every annotation that marks a release, and that the dashboards ask for. The environment is one more. */
export const releaseTags = ["atom", "deployment"] as const;

/** Tags of the annotation of one release. The last one is its alone, by which it is found again. */
export function releaseAnnotationTags(environment: string, service: string, id: string): string[] {
  return [...releaseTags, environment, `service:${service}`, `release:${environment}/${service}/${id}`];
}
