// Which versions of the dashboards a commit brought: Grafana's own history says it, so nothing has to be remembered anywhere else.
import { z } from "zod";
import type { GrafanaClient } from "./client.ts";
import type { DashboardVersions } from "./dashboard-versions.ts";

/** What a commit did to the dashboards. Those that it left as they were are in neither. */
export interface BroughtDashboards {
  /** What they were; null: there was none. */
  readonly before: DashboardVersions;
  /** What it made of them. */
  readonly made: DashboardVersions;
}

/** How far back is looked, in versions. */
const depth = 20;

const version = z.looseObject({ version: z.int(), message: z.string().nullish() });
/** A list alone until Grafana 11.3. */
const history = z.union([z.array(version), z.looseObject({ versions: z.array(version) })]);

/**
 * The dashboards whose newest version is of this commit, with the versions of before. A dashboard that has been restored, or changed by
 * anybody else, is not among them. Throws a GrafanaError, or the signal's reason.
 *
 * @param commit its hash
 */
export async function dashboardsBroughtBy(
  client: GrafanaClient,
  uids: readonly string[],
  commit: string,
  signal: AbortSignal,
): Promise<BroughtDashboards> {
  const before: Record<string, number | null> = {};
  const made: Record<string, number | null> = {};
  for (const uid of uids) {
    const versions = await historyOf(client, uid, signal);
    const [newest] = versions;
    if (newest === undefined || !isOf(commit, newest.message)) continue;
    made[uid] = newest.version;
    before[uid] = versions.find(({ message }) => !isOf(commit, message))?.version ?? null;
  }
  return { before, made };
}

/** The newest first; none where there is no such dashboard. */
async function historyOf(client: GrafanaClient, uid: string, signal: AbortSignal): Promise<z.output<typeof version>[]> {
  const path = `api/dashboards/uid/${encodeURIComponent(uid)}/versions`;
  const answer = (await client.ask({ path, query: [["limit", String(depth)]], answer: history }, signal)) ?? [];
  return (Array.isArray(answer) ? answer : answer.versions).toSorted((left, right) => right.version - left.version);
}

/** Whether a version's message begins with the commit's hash, which may be short: `4f2c9d1b7a Answer faster`. */
function isOf(commit: string, message: string | null | undefined): boolean {
  const [hash = ""] = (message ?? "").split(" ");
  return /^[0-9a-f]{7,64}$/.test(hash) && commit.startsWith(hash);
}
