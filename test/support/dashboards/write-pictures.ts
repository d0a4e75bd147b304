import { writeFile } from "node:fs/promises";
import path from "node:path";
import { allDashboards } from "../../../components/dashboards/catalogue.ts";
import type { DashboardName } from "../../../components/dashboards/identity.ts";
import type { DashboardModel, DashboardSettings } from "../../../components/dashboards/model.ts";
import { evaluated, type Answered, type Range } from "./evaluate.ts";
import { panelQueries } from "./panel-queries.ts";
import { dashboardPicture } from "./pictures/dashboard-picture.ts";

export interface PictureOptions {
  /** What the dashboards are made for, and look at. */
  readonly settings: DashboardSettings;
  readonly prometheus: URL;
  /** Length of the range, in seconds. */
  readonly range: number;
  /** Seconds between two scrapes. */
  readonly scrapeInterval: number;
  /** The end of the range, in seconds since the Unix epoch. @default now */
  readonly to?: number;
}

/** A dashboard with the answers to all of its queries. */
export interface AskedDashboard {
  readonly name: DashboardName;
  readonly model: DashboardModel;
  readonly answers: readonly Answered[];
  readonly range: Range;
}

/** Asks every query of every dashboard, the fleet's for all environments. Throws at the first that Prometheus does not answer. */
export async function askedDashboards(options: PictureOptions, signal?: AbortSignal): Promise<AskedDashboard[]> {
  const { settings, prometheus, range: length, scrapeInterval, to = Math.floor(Date.now() / 1000) } = options;
  const { environment, service } = settings;
  const range = { from: to - length, to };
  const asked: AskedDashboard[] = [];
  for (const [name, model] of Object.entries(allDashboards(settings)) as [DashboardName, DashboardModel][]) {
    const all = { environment: ".+", service: ".+" };
    const chosen = name === "release-fleet" ? all : { environment, service };
    const queries = panelQueries(model, { chosen, range: length, scrapeInterval });
    asked.push({ name, model, range, answers: await evaluated(queries, prometheus, range, signal) });
  }
  return asked;
}

/** Draws every dashboard into a folder, as `<name>.svg`, and returns the files. */
export async function writePictures(options: PictureOptions & { readonly folder: string }): Promise<string[]> {
  const asked = await askedDashboards(options);
  return Promise.all(
    asked.map(async ({ name, model, answers, range }) => {
      const file = path.join(options.folder, `${name}.svg`);
      await writeFile(file, dashboardPicture(model, answers, range));
      return file;
    }),
  );
}
