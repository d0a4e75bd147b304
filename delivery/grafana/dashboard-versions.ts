// Grafana keeps every version of a dashboard: https://grafana.com/docs/grafana/latest/developers/http_api/dashboard_versions/
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { GrafanaError, type GrafanaClient } from "./client.ts";

/** The version that each dashboard has, by uid; null: there is no such dashboard. */
export type DashboardVersions = Readonly<Record<string, number | null>>;

/**
 * What became of a dashboard that was to be as before.
 *
 * `restored`: it is again. `unchanged`: it was already. `changed-since`: somebody else has changed it meanwhile, so it was left alone.
 * `was-absent`: it is new, and stays. `gone`: it, or the version of before, exists no more.
 */
export type Restoration = "restored" | "unchanged" | "changed-since" | "was-absent" | "gone";

const model = z.record(z.string(), z.unknown());
const current = z.looseObject({ dashboard: z.looseObject({ version: z.int() }) });
const past = z.looseObject({ data: model });
const saved = z.looseObject({ version: z.int() });

/** The versions as they are now. Throws a GrafanaError, or the signal's reason. */
export async function dashboardVersions(
  client: GrafanaClient,
  uids: readonly string[],
  signal: AbortSignal,
): Promise<DashboardVersions> {
  const versions: Record<string, number | null> = {};
  for (const uid of uids) versions[uid] = (await currentOf(client, uid, signal))?.version ?? null;
  return versions;
}

/**
 * Has each dashboard be as it was: a new version with the content of the old one. To do it again does nothing, so a call that broke off can
 * be repeated. Throws a GrafanaError at the first dashboard that fails, or the signal's reason.
 *
 * @param before as read before the release brought its own
 * @param made as read after. A dashboard with yet another version is somebody else's by now. @default restored whatever it is now
 */
export async function restoreDashboards(
  client: GrafanaClient,
  before: DashboardVersions,
  signal: AbortSignal,
  made: DashboardVersions = {},
): Promise<Readonly<Record<string, Restoration>>> {
  const outcomes: Record<string, Restoration> = {};
  for (const [uid, version] of Object.entries(before))
    outcomes[uid] = version === null ? "was-absent" : await restore(client, uid, version, made[uid], signal);
  return outcomes;
}

async function restore(
  client: GrafanaClient,
  uid: string,
  version: number,
  made: number | null | undefined,
  signal: AbortSignal,
): Promise<Restoration> {
  const [now, then] = [await currentOf(client, uid, signal), await contentOf(client, uid, version, signal)];
  if (now === undefined || then === undefined) return "gone";
  // The content counts: a restored dashboard has a version of its own.
  if (isDeepStrictEqual(now.content, then)) return "unchanged";
  if (typeof made === "number" && now.version !== made) return "changed-since";
  const answer = await client.ask(
    { method: "POST", path: `${dashboardPath(uid)}/restore`, body: { version }, answer: saved },
    signal,
  );
  if (answer === undefined)
    throw new GrafanaError("refused", `Grafana does not restore ${uid}: it has no such thing`, 404);
  return "restored";
}

interface Current {
  readonly version: number;
  readonly content: unknown;
}

async function currentOf(client: GrafanaClient, uid: string, signal: AbortSignal): Promise<Current | undefined> {
  const answer = await client.ask({ path: dashboardPath(uid), answer: current }, signal);
  return answer && { version: answer.dashboard.version, content: withoutIdentity(answer.dashboard) };
}

async function contentOf(client: GrafanaClient, uid: string, version: number, signal: AbortSignal): Promise<unknown> {
  const answer = await client.ask({ path: `${dashboardPath(uid)}/versions/${version}`, answer: past }, signal);
  return answer && withoutIdentity(answer.data);
}

/** What Grafana adds to a dashboard for itself. */
const identity = ["id", "uid", "version"];

/** What the author wrote. */
function withoutIdentity(dashboard: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(Object.entries(dashboard).filter(([key]) => !identity.includes(key)));
}

function dashboardPath(uid: string): string {
  return `api/dashboards/uid/${encodeURIComponent(uid)}`;
}
