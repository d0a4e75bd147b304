import type { Series } from "../evaluate.ts";
import { formatted } from "./format.ts";
import { colours, thresholdsOf, unitOf, type Box, type PanelContent } from "./frame.ts";
import { scaleOf } from "./scale.ts";
import { element, label } from "./svg.ts";

/** More of them would be too small to be read. */
const mostNumbers = 4;

/** A number, or a few below one another, each with its name; behind a single one its course. */
export function statBody({ panel, answers, range }: PanelContent, box: Box): string {
  const series = answers.flatMap((each) => each.series).filter(({ points }) => points.length > 0);
  const shown = series.slice(0, mostNumbers);
  if (shown.length === 0) {
    const none = panel.fieldConfig?.defaults.noValue ?? "No data";
    return label(none, box.x + box.width / 2, box.y + box.height / 2 + 8, {
      size: 20,
      fill: colours.soft,
      "text-anchor": "middle",
    });
  }
  const height = box.height / shown.length;
  const numbers = shown.map((each, index) => {
    const value = lastOf(each);
    const part = { ...box, y: box.y + index * height, height };
    return number(
      wordsFor(panel, value) ?? formatted(value, unitOf(panel)),
      shown.length > 1 ? each.name : undefined,
      colourFor(panel, value),
      part,
    );
  });
  const course = shown.length === 1 ? shown.map((each) => sparkline(each, range, box)) : [];
  return [...course, ...numbers].join("");
}

function number(text: string, name: string | undefined, fill: string, { x, y, width, height }: Box): string {
  const size = Math.min(34, height * 0.55);
  const middle = y + height / 2;
  const centre = { "text-anchor": "middle", "font-weight": 600, fill };
  if (name === undefined) return label(text, x + width / 2, middle + size / 3, { size, ...centre });
  return (
    label(name, x + 10, middle + 4, { width: width / 2 - 10, fill: colours.soft }) +
    label(text, x + width - 10, middle + size / 3, { ...centre, size: Math.min(size, 20), "text-anchor": "end" })
  );
}

/** The course of the value, as a surface below it. */
function sparkline({ points }: Series, range: { readonly from: number; readonly to: number }, box: Box): string {
  if (points.length < 2) return "";
  const top = Math.max(...points.map(([, value]) => value));
  const x = scaleOf([range.from, range.to], [box.x, box.x + box.width]);
  const y = scaleOf([0, top > 0 ? top : 1], [box.y + box.height, box.y + box.height * 0.6]);
  const line = points
    .filter(([, value]) => Number.isFinite(value))
    .map(([time, value]) => `${round(x(time))},${round(y(value))}`);
  const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  const bottom = round(box.y + box.height);
  return element("polygon", {
    points: `${round(x(first))},${bottom} ${line.join(" ")} ${round(x(last))},${bottom}`,
    fill: "#0969da",
    "fill-opacity": 0.12,
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function lastOf({ points }: Series): number {
  return points.findLast(([, value]) => Number.isFinite(value))?.[1] ?? Number.NaN;
}

/** The panel's word for a value, where it has one. */
function wordsFor({ fieldConfig }: PanelContent["panel"], value: number): string | undefined {
  for (const mapping of fieldConfig?.defaults.mappings ?? [])
    if ("options" in mapping && !Array.isArray(mapping.options)) {
      const options = mapping.options as Readonly<Record<string, { readonly text?: string }>>;
      const text = options[String(value)]?.text;
      if (text !== undefined) return text;
    }
  return undefined;
}

/** Green or red, by the last threshold that the value has reached. */
function colourFor(panel: PanelContent["panel"], value: number): string {
  const reached = thresholdsOf(panel).findLast((step) => step.value === null || value >= step.value);
  return reached?.color === "green" ? colours.green : reached?.color === "red" ? colours.red : colours.plain;
}
