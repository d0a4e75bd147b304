import type * as sdk from "@grafana/grafana-foundation-sdk/dashboard";
import type { DashboardModel } from "../../../components/dashboards/model.ts";

/** What a dashboard is asked for: the values of its variables, and the range that it shows. */
export interface View {
  /** Values of its variables by name, such as `environment`. A pattern where the dashboard takes several. */
  readonly chosen: Readonly<Record<string, string>>;
  /** Length of the range, in seconds. */
  readonly range: number;
  /** Time between two scrapes, in seconds, as Grafana's data source has it. */
  readonly scrapeInterval: number;
  /** How many points a course may have at most. @default 240 */
  readonly points?: number;
}

/** A query of a panel, ready for Prometheus. */
export interface PanelQuery {
  /** Uid of the dashboard. */
  readonly dashboard: string;
  /** Title of the panel. */
  readonly panel: string;
  readonly panelId: number;
  /** Grafana's name of the unit of every value. */
  readonly unit: string;
  readonly refId: string;
  readonly expr: string;
  /** Name of a series, with `{{label}}` for a label's value; undefined: the panel's title. */
  readonly legend: string | undefined;
  readonly kind: "instant" | "range";
  /** Seconds between two points of a range. */
  readonly step: number;
}

/** A target of a panel, as far as it is looked at. */
interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat?: string;
  readonly instant?: boolean;
}

/** A panel that shows data: what is no row. */
export type DataPanel = sdk.Panel & Required<Pick<sdk.Panel, "id" | "gridPos" | "title">>;

/** The panels of a dashboard that show data, in the order in which they are read. */
export function dataPanels({ panels }: DashboardModel): DataPanel[] {
  return panels.filter((panel): panel is DataPanel => panel.type !== "row");
}

/** Every query of a dashboard. Throws where a variable has no value. */
export function panelQueries(dashboard: DashboardModel, view: View): PanelQuery[] {
  return dataPanels(dashboard).flatMap((panel) => {
    const step = stepOf(panel, view);
    const values = { ...view.chosen, ...grafanasOwn(view, step) };
    return targetsOf(panel).map(({ refId, expr, legendFormat, instant = false }) => ({
      dashboard: dashboard.uid,
      panel: panel.title,
      panelId: panel.id,
      unit: panel.fieldConfig?.defaults.unit ?? "",
      refId,
      expr: filledIn(expr, values),
      legend: legendFormat,
      kind: instant ? ("instant" as const) : ("range" as const),
      step,
    }));
  });
}

/** Seconds from point to point: never less than a scrape, nor than the panel's own least. */
function stepOf({ interval = "0s" }: DataPanel, { range, scrapeInterval, points = 240 }: View): number {
  return Math.max(Math.ceil(range / points), scrapeInterval, seconds(interval));
}

/** Variables that Grafana brings: https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/ */
function grafanasOwn({ range, scrapeInterval }: View, step: number): Readonly<Record<string, string>> {
  return {
    __range: `${range}s`,
    __interval: `${step}s`,
    __rate_interval: `${Math.max(step + scrapeInterval, 4 * scrapeInterval)}s`,
  };
}

function seconds(text: string): number {
  const [, number = "0", unit = "s"] = /^(\d+)([smh])$/.exec(text) ?? [];
  return Number(number) * ({ s: 1, m: 60, h: 3600 }[unit] ?? 1);
}

/** The targets of a panel; the SDK says nothing about them but that they are queries. */
export function targetsOf({ targets = [] }: sdk.Panel): readonly Target[] {
  return targets as unknown as readonly Target[];
}

/** Puts values in the place of `$name` and `${name}`. Throws where there is none. */
export function filledIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_whole, braced: string | undefined, plain: string | undefined) => {
    const name = braced ?? plain ?? "";
    const value = values[name];
    if (value === undefined) throw new Error(`the variable ${name} has no value in: ${text}`);
    return value;
  });
}
