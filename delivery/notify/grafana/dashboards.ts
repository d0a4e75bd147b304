import type { GrafanaClient } from "../../grafana/client.ts";
import { dashboardsBroughtBy } from "../../grafana/dashboard-history.ts";
import { restoreDashboards } from "../../grafana/dashboard-versions.ts";
import type { Channel, Telling } from "../channel.ts";
import { asChannelError } from "./errors.ts";

export interface DashboardsPlace {
  readonly client: GrafanaClient;
  /** Of the dashboards that a deployment brings. */
  readonly uids: readonly string[];
}

/**
 * Brings the dashboards back with a release that went back. Grafana's history tells which versions its commit made, so that telling it twice
 * changes nothing, and what somebody else has saved since is left alone.
 */
export class GrafanaDashboards implements Channel {
  readonly #place: DashboardsPlace;

  constructor(place: DashboardsPlace) {
    this.#place = place;
  }

  async tell({ record: { change } }: Pick<Telling, "record">, signal: AbortSignal): Promise<undefined> {
    if (change === undefined) return undefined;
    const { client, uids } = this.#place;
    try {
      const { before, made } = await dashboardsBroughtBy(client, uids, change.commit, signal);
      await restoreDashboards(client, before, signal, made);
    } catch (error) {
      throw asChannelError(error);
    }
    return undefined;
  }
}
