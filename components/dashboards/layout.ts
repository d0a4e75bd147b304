import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { RowBuilder, type Panel, type RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";

/** Panels side by side under a heading, all of the same width. */
export interface Row {
  readonly title: string;
  /** In units of Grafana's grid, about 38 pixels each. */
  readonly height: number;
  /** From left to right; as many as divide the width. */
  readonly panels: readonly Builder<Panel>[];
}

/** Columns of Grafana's grid. */
const gridWidth = 24;

/** Puts rows below one another, and numbers the panels in the order in which they are read. Throws a RangeError where panels do not fit. */
export function arranged(rows: readonly Row[]): (Panel | RowPanel)[] {
  const placed: (Panel | RowPanel)[] = [];
  let y = 0;
  for (const { title, height, panels } of rows) {
    const width = gridWidth / panels.length;
    if (!Number.isInteger(width))
      throw new RangeError(`${panels.length} panels do not divide the width of "${title}".`);
    placed.push(
      new RowBuilder(title)
        .id(placed.length + 1)
        .gridPos({ x: 0, y, w: gridWidth, h: 1 })
        .build(),
    );
    for (const [index, panel] of panels.entries())
      placed.push({
        ...panel.build(),
        id: placed.length + 1,
        gridPos: { x: index * width, y: y + 1, w: width, h: height },
      });
    y += 1 + height;
  }
  return placed;
}
