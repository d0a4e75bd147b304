import type * as sdk from "@grafana/grafana-foundation-sdk/dashboard";
import type { DashboardModel } from "../../../components/dashboards/model.ts";

/** Values for the variables of a dashboard, and for those that Grafana brings. */
export interface VariableValues {
  /** By name, such as `environment`. A pattern where the dashboard takes several. */
  readonly chosen: Readonly<Record<string, string>>;
  /** The range that is shown, such as `30m`. */
  readonly range: string;
  /** Long enough for four scrapes, such as `1m`. */
  readonly rateInterval: string;
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
export function panelQueries(dashboard: DashboardModel, values: VariableValues): PanelQuery[] {
  return dataPanels(dashboard).flatMap((panel) =>
    targetsOf(panel).map(({ refId, expr, legendFormat, instant = false }) => ({
      dashboard: dashboard.uid,
      panel: panel.title,
      panelId: panel.id,
      unit: panel.fieldConfig?.defaults.unit ?? "",
      refId,
      expr: filledIn(expr, values),
      legend: legendFormat,
      kind: instant ? "instant" : "range",
    })),
  );
}

/** The targets of a panel; the SDK says nothing about them but that they are queries. */
export function targetsOf({ targets = [] }: sdk.Panel): readonly Target[] {
  return targets as unknown as readonly Target[];
}

/** Puts values in the place of `$name` and `${name}`. Throws where there is none. */
export function filledIn(text: string, { chosen, range, rateInterval }: VariableValues): string {
  const all: Readonly<Record<string, string>> = { ...chosen, __range: range, __rate_interval: rateInterval };
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_whole, braced: string | undefined, plain: string | undefined) => {
    const name = braced ?? plain ?? "";
    const value = all[name];
    if (value === undefined) throw new Error(`the variable ${name} has no value in: ${text}`);
    return value;
  });
}
