import * as grafana from "@pulumi/grafana";
import * as pulumi from "@pulumi/pulumi";
import { allDashboards, dashboardJson } from "./catalogue.ts";
import { dashboardNames, folderUid, type DashboardName } from "./identity.ts";
import type { DashboardSettings } from "./model.ts";

export interface DashboardsArgs extends DashboardSettings {
  /** Title of the folder. */
  readonly folder: string;
  /** What Grafana's history of versions says about this one: the commit. */
  readonly message: string;
}

/**
 * The dashboards of a stack in a folder of their own, made by the Grafana provider that it is given. Uids are fixed, so that links hold. Each
 * commit is a version in Grafana's history, and whatever was changed by hand is overwritten: the code is what counts.
 */
export class Dashboards extends pulumi.ComponentResource {
  /** Address of each dashboard, by name. */
  readonly urls: pulumi.Output<Readonly<Record<DashboardName, string>>>;

  constructor(name: string, args: DashboardsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:dashboards:Dashboards", name, {}, opts);
    const { suffix, message } = args;
    const folder = new grafana.oss.Folder(
      name,
      { uid: folderUid(suffix), title: suffix === undefined ? args.folder : `${args.folder} (${suffix})` },
      { parent: this },
    );
    const models = allDashboards(args);
    const urls = dashboardNames.map((dashboard) => {
      const made = new grafana.oss.Dashboard(
        `${name}-${dashboard}`,
        { folder: folder.uid, configJson: dashboardJson(models[dashboard]), message, overwrite: true },
        { parent: this },
      );
      return [dashboard, made.url] as const;
    });
    this.urls = pulumi.output(Object.fromEntries(urls) as Record<DashboardName, pulumi.Output<string>>);
    this.registerOutputs({ urls: this.urls });
  }
}
