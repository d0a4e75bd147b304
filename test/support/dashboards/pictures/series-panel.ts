import type { Answered, Point, Range, Series } from "../evaluate.ts";
import type { DataPanel } from "../panel-queries.ts";
import { formatted } from "./format.ts";
import { colourOf, colours, thresholdsOf, unitOf, type Box, type PanelContent } from "./frame.ts";
import { scaleOf, ticksIn, type Scale } from "./scale.ts";
import { element, label } from "./svg.ts";

/** What is drawn for each series, as the panel says it. */
interface Custom {
  readonly drawStyle?: string;
  readonly lineInterpolation?: string;
  readonly thresholdsStyle?: { readonly mode: string };
}

interface Plot {
  readonly area: Box;
  readonly x: Scale;
  readonly y: Scale;
}

/** Courses over time, with both axes, the thresholds as lines, and a legend. */
export function seriesBody(content: PanelContent, box: Box): string {
  const { panel, answers, range } = content;
  const unit = unitOf(panel);
  const custom = (panel.fieldConfig?.defaults.custom ?? {}) as Custom;
  const bars = custom.drawStyle === "bars";
  const series = drawn(content, bars);
  const limits = custom.thresholdsStyle === undefined ? [] : limitsOf(panel);
  const area = { x: box.x + 58, y: box.y + 6, width: box.width - 70, height: box.height - 50 };
  const top = Math.max(
    panel.fieldConfig?.defaults.max ?? 0,
    ...limits,
    ...(bars ? heights(series) : values(series)),
    0,
  );
  const ticks = ticksIn(unit, top);
  const plot: Plot = {
    area,
    x: scaleOf([range.from, range.to], [area.x, area.x + area.width]),
    y: scaleOf([0, ticks.at(-1) ?? 1], [area.y + area.height, area.y]),
  };
  const body = bars
    ? stackedBars(series, plot, stepOf(answers))
    : lines(series, plot, custom.lineInterpolation === "stepAfter", stepOf(answers));
  const nothing =
    series.length > 0
      ? ""
      : label("No data", area.x + area.width / 2, area.y + area.height / 2, {
          "text-anchor": "middle",
          fill: colours.soft,
        });
  return [
    valueAxis(ticks, unit, plot),
    timeAxis(range, plot),
    body,
    ...limits.map((limit) => limitLine(limit, plot)),
    nothing,
    legend(series, box),
  ].join("");
}

/** A series with its colour. */
interface Drawn extends Series {
  readonly colour: string;
}

/** What there is to draw. A bar of no height is none, so its name is not needed either. */
function drawn({ panel, answers }: PanelContent, bars: boolean): Drawn[] {
  return answers
    .flatMap(({ series }) => series)
    .filter(({ points }) => points.some(([, value]) => Number.isFinite(value) && (value > 0 || !bars)))
    .map((series, index) => ({ ...series, colour: colourOf(panel, series.name, index) }));
}

function limitsOf(panel: DataPanel): number[] {
  return thresholdsOf(panel).flatMap(({ value }) => (value === null ? [] : [value]));
}

function values(series: readonly Series[]): number[] {
  return series.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
}

/** The height of each stack of bars. */
function heights(series: readonly Series[]): number[] {
  const sums = new Map<number, number>();
  for (const [time, value] of series.flatMap(({ points }) => points)) sums.set(time, (sums.get(time) ?? 0) + value);
  return [...sums.values()];
}

function stepOf(answers: readonly Answered[]): number {
  return answers[0]?.query.step ?? 60;
}

function valueAxis(ticks: readonly number[], unit: string, { area, y }: Plot): string {
  return ticks
    .map(
      (tick) =>
        element("line", { x1: area.x, x2: area.x + area.width, y1: y(tick), y2: y(tick), stroke: colours.grid }) +
        label(formatted(tick, unit), area.x - 6, y(tick) + 4, { size: 10, fill: colours.soft, "text-anchor": "end" }),
    )
    .join("");
}

/** Four moments, in UTC. */
function timeAxis({ from, to }: Range, { area, x }: Plot): string {
  return [0, 1, 2, 3]
    .map((index) => from + ((to - from) * (index + 0.5)) / 4)
    .map((time) =>
      label(momentOf(time, to - from), x(time), area.y + area.height + 14, {
        size: 10,
        fill: colours.soft,
        "text-anchor": "middle",
      }),
    )
    .join("");
}

function momentOf(time: number, length: number): string {
  const iso = new Date(time * 1000).toISOString();
  return length > 2 * 86_400 ? iso.slice(5, 10) : length > 600 ? iso.slice(11, 16) : iso.slice(11, 19);
}

function lines(series: readonly Drawn[], plot: Plot, steps: boolean, step: number): string {
  return series
    .map(({ points, colour }) => {
      const d = stretches(points, step)
        .map((stretch) => pathOf(stretch, plot, steps))
        .join("");
      return element("path", {
        d,
        fill: "none",
        stroke: colour,
        "stroke-width": 1.5,
        "stroke-linecap": "round",
      });
    })
    .join("");
}

/** Points without a gap between them: what was not measured is not drawn. */
function stretches(points: readonly Point[], step: number): Point[][] {
  const found: Point[][] = [];
  for (const point of points.filter(([, value]) => Number.isFinite(value))) {
    const current = found.at(-1);
    const before = current?.at(-1);
    if (current === undefined || before === undefined || point[0] - before[0] > 1.5 * step) found.push([point]);
    else current.push(point);
  }
  return found;
}

function pathOf(points: readonly Point[], { x, y }: Plot, steps: boolean): string {
  return points
    .map(([time, value], index) => {
      const [px, py] = [x(time).toFixed(1), y(value).toFixed(1)];
      // A line of no length, with round ends, is a point.
      if (index === 0) return points.length === 1 ? `M${px} ${py}h0` : `M${px} ${py}`;
      return steps ? `H${px}V${py}` : `L${px} ${py}`;
    })
    .join("");
}

function stackedBars(series: readonly Drawn[], { area, x, y }: Plot, step: number): string {
  const width = Math.max(2, (x(step) - x(0)) * 0.8);
  const heightsSoFar = new Map<number, number>();
  return series
    .flatMap(({ points, colour }) =>
      points.map(([time, value]) => {
        const below = heightsSoFar.get(time) ?? 0;
        heightsSoFar.set(time, below + value);
        if (!(value > 0)) return "";
        const left = Math.max(area.x, x(time) - width);
        return element("rect", {
          x: left,
          y: y(below + value),
          width,
          height: y(below) - y(below + value),
          fill: colour,
        });
      }),
    )
    .join("");
}

function limitLine(limit: number, { area, y }: Plot): string {
  return element("line", {
    x1: area.x,
    x2: area.x + area.width,
    y1: y(limit),
    y2: y(limit),
    stroke: colours.red,
    "stroke-dasharray": "5 4",
  });
}

/** As many names as there is room for. */
function legend(series: readonly Drawn[], box: Box): string {
  const width = 130;
  const room = Math.max(1, Math.floor((box.width - 20) / width));
  const fitting = series.length > room ? room - 1 : room;
  const y = box.y + box.height - 10;
  const names = series
    .slice(0, fitting)
    .map(
      ({ name, colour }, index) =>
        element("rect", { x: box.x + 12 + index * width, y: y - 7, width: 10, height: 4, fill: colour }) +
        label(name, box.x + 26 + index * width, y, { size: 10, width: width - 20 }),
    );
  if (series.length > fitting)
    names.push(
      label(`and ${series.length - fitting} more`, box.x + 12 + fitting * width, y, { size: 10, fill: colours.soft }),
    );
  return names.join("");
}
