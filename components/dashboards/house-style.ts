// How a panel looks here. Panels say what they show; everything else is decided in this module.
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stats from "@grafana/grafana-foundation-sdk/stat";
import * as series from "@grafana/grafana-foundation-sdk/timeseries";

/** The data source of every query: whichever the dashboard's variable names. */
export const datasource = { type: "prometheus", uid: "${datasource}" } as const;

/** The range that the dashboard shows. */
export const wholeRange = "$__range";
/** A range that holds enough scrapes, and begins where the one of the point before ends. */
export const perPoint = "$__rate_interval";

/** One query of a panel. */
export interface Query {
  readonly expr: string;
  /** Name of its series. @default the panel's title */
  readonly legend?: string;
}

interface PanelOptions {
  readonly title: string;
  /** What is shown, for someone who sees it for the first time. */
  readonly description: string;
  /** One of Grafana's units: see `@grafana/grafana-foundation-sdk/units`. */
  readonly unit: string;
  /** @default none: nothing about it is good or bad */
  readonly thresholds?: Thresholds | undefined;
  readonly decimals?: number;
}

export interface StatOptions extends PanelOptions {
  /** One number for each of its series. */
  readonly query: Query;
  /** Whether the number comes with its course; else it is asked for once, at the end of the range. @default false */
  readonly course?: boolean;
  /** Words in place of numbers. @default none */
  readonly words?: Readonly<Record<string, string>>;
  /** What is shown where there is no number. @default "none" */
  readonly noValue?: string;
}

/** A number, or one for each of a few series. */
export function stat({ query, course = false, words, noValue = "none", ...options }: StatOptions): stats.PanelBuilder {
  const panel = new stats.PanelBuilder()
    .withTarget(target(query, 0, course ? "range" : "instant"))
    .graphMode(course ? common.BigValueGraphMode.Area : common.BigValueGraphMode.None)
    .colorMode(options.thresholds === undefined ? common.BigValueColorMode.None : common.BigValueColorMode.Background)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false))
    .noValue(noValue);
  if (words !== undefined) panel.mappings([inWords(words)]);
  return styled(panel, options);
}

export interface TimeSeriesOptions extends PanelOptions {
  readonly queries: readonly Query[];
  /** `bars` for counts of what happened from point to point. @default "lines" */
  readonly as?: "lines" | "steps" | "bars";
  /** The least time between two points. @default Grafana's own */
  readonly interval?: string;
  /** The highest value there can be. @default none */
  readonly max?: number;
  /** Colours of series that mean something, by the last word of their names. @default whichever come next */
  readonly colours?: Readonly<Record<string, string>>;
}

/** How releases and smoke tests end. */
export const outcomeColours = {
  success: "green",
  passed: "green",
  rolled_back: "red",
  failed: "orange",
  timeout: "purple",
} as const;

/** A course over time. Thresholds are drawn as lines. */
export function timeSeries(options: TimeSeriesOptions): series.PanelBuilder {
  const { queries, as = "lines", interval, max, colours = {}, thresholds } = options;
  const bars = as === "bars";
  const panel = new series.PanelBuilder()
    .targets(queries.map((query, index) => target(query, index, "range")))
    .drawStyle(bars ? common.GraphDrawStyle.Bars : common.GraphDrawStyle.Line)
    .lineInterpolation(as === "steps" ? common.LineInterpolation.StepAfter : common.LineInterpolation.Linear)
    .stacking(new common.StackingConfigBuilder().mode(bars ? common.StackingMode.Normal : common.StackingMode.None))
    .fillOpacity(bars ? 80 : 10)
    .lineWidth(1)
    .showPoints(bars ? common.VisibilityMode.Never : common.VisibilityMode.Auto)
    .min(0)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    );
  if (thresholds !== undefined)
    panel.thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
  for (const [word, fixedColor] of Object.entries(colours))
    panel.overrideByRegexp(`/(^| )${word}$/`, [{ id: "color", value: { mode: "fixed", fixedColor } }]);
  if (interval !== undefined) panel.interval(interval);
  if (max !== undefined) panel.max(max);
  return styled(panel, options);
}

/** Where good ends. */
export interface Thresholds {
  readonly steps: readonly dashboard.Threshold[];
}

const [good, bad] = ["green", "red"];

/** Good from this value on. */
export function atLeast(value: number): Thresholds {
  return { steps: [step(null, bad), step(value, good)] };
}

/** Bad from this value on. */
export function below(value: number): Thresholds {
  return { steps: [step(null, good), step(value, bad)] };
}

function step(value: number | null, color: string): dashboard.Threshold {
  return { value, color };
}

type PanelBuilder = stats.PanelBuilder | series.PanelBuilder;

function styled<Panel extends PanelBuilder>(
  panel: Panel,
  { title, description, unit, thresholds, decimals }: PanelOptions,
): Panel {
  panel.title(title).description(description).unit(unit).datasource(datasource);
  const steps = thresholds?.steps ?? [step(null, "text")];
  panel.thresholds(new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps([...steps]));
  if (decimals !== undefined) panel.decimals(decimals);
  return panel;
}

function target({ expr, legend }: Query, index: number, kind: "instant" | "range"): Builder<prometheus.Dataquery> {
  const query = new prometheus.DataqueryBuilder()
    .datasource(datasource)
    .refId(String.fromCharCode("A".charCodeAt(0) + index))
    .expr(expr)
    .editorMode(prometheus.QueryEditorMode.Code);
  if (legend !== undefined) query.legendFormat(legend);
  return kind === "instant" ? query.instant() : query.range();
}

function inWords(words: Readonly<Record<string, string>>): dashboard.ValueMapping {
  const options = Object.entries(words).map(([value, text], index) => [value, { text, index }]);
  return {
    type: dashboard.MappingType.ValueToText,
    options: Object.fromEntries(options) as dashboard.ValueMap["options"],
  };
}
