import type { ThresholdsConfig } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Answered, Range } from "../evaluate.ts";
import type { DataPanel } from "../panel-queries.ts";

/** A rectangle, in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What a panel is drawn from. */
export interface PanelContent {
  readonly panel: DataPanel;
  /** One for each of its queries. */
  readonly answers: readonly Answered[];
  readonly range: Range;
}

export const colours = {
  page: "#f6f8fa",
  panel: "#ffffff",
  edge: "#d1d9e0",
  soft: "#59636e",
  grid: "#e6eaef",
  green: "#1a7f37",
  red: "#cf222e",
  plain: "#1f2328",
} as const;

/** Colours of lines, told apart by people who do not see all colours too. */
export const palette = [
  "#0969da",
  "#bf8700",
  "#1a7f37",
  "#8250df",
  "#cf222e",
  "#1b7c83",
  "#bf3989",
  "#57606a",
] as const;

/** Grafana's names of the colours that panels give to series. */
const named: Readonly<Record<string, string>> = {
  green: "#1a7f37",
  red: "#cf222e",
  orange: "#e16f24",
  purple: "#8250df",
};

/** The colour of a series: the one that the panel gives to its name, else the next. */
export function colourOf({ fieldConfig }: DataPanel, name: string, index: number): string {
  for (const { matcher, properties } of fieldConfig?.overrides ?? []) {
    const [, pattern] = /^\/(.*)\/$/.exec(String(matcher.options)) ?? [];
    if (pattern === undefined || !new RegExp(pattern).test(name)) continue;
    const colour = properties.find(({ id }) => id === "color")?.value as { readonly fixedColor?: string } | undefined;
    return named[colour?.fixedColor ?? ""] ?? palette[0];
  }
  return palette[index % palette.length] ?? palette[0];
}

export function thresholdsOf({ fieldConfig }: DataPanel): ThresholdsConfig["steps"] {
  return fieldConfig?.defaults.thresholds?.steps ?? [];
}

export function unitOf({ fieldConfig }: DataPanel): string {
  return fieldConfig?.defaults.unit ?? "";
}
