import type { DashboardModel } from "../../../../components/dashboards/model.ts";
import type { Answered, Range } from "../evaluate.ts";
import type { DataPanel } from "../panel-queries.ts";
import { colours, type Box } from "./frame.ts";
import { seriesBody } from "./series-panel.ts";
import { statBody } from "./stat-panel.ts";
import { element, label } from "./svg.ts";

const pageWidth = 1440;
const columns = 24;
/** Of Grafana's grid. */
const rowHeight = 38;
const gap = 8;
const headHeight = 56;
const titleHeight = 30;

/**
 * A picture of what a dashboard shows: its panels where they are, with the data that their queries answered. It is drawn by us, and shows no
 * more than that: Grafana draws the same data in its own way.
 *
 * @param answers of all its queries
 */
export function dashboardPicture(dashboard: DashboardModel, answers: readonly Answered[], range: Range): string {
  const height =
    headHeight +
    rowHeight * Math.max(...dashboard.panels.map(({ gridPos }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0))) +
    gap;
  const panels = dashboard.panels.map((panel) => {
    const { x, y, w, h } = panel.gridPos ?? { x: 0, y: 0, w: 0, h: 0 };
    const unit = (pageWidth - gap) / columns;
    const box = {
      x: gap + x * unit,
      y: headHeight + y * rowHeight,
      width: w * unit - gap,
      height: h * rowHeight - gap,
    };
    if (panel.type === "row") return heading(panel.title ?? "", box);
    const shown = panel as DataPanel;
    return panelPicture(
      shown,
      answers.filter(({ query }) => query.panelId === shown.id),
      range,
      box,
    );
  });
  const [from, to] = [range.from, range.to].map((time) =>
    new Date(time * 1000).toISOString().slice(0, 16).replace("T", " "),
  );
  return `${element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${pageWidth} ${height}`,
      width: pageWidth,
      height,
      "font-family": "system-ui, -apple-system, 'Segoe UI', sans-serif",
      role: "img",
    },
    element("title", {}, dashboard.title),
    element("rect", { width: pageWidth, height, fill: colours.page }),
    label(dashboard.title, gap + 4, 26, { size: 18, "font-weight": 600 }),
    label(`${dashboard.description} ${from ?? ""} to ${to ?? ""} UTC.`, gap + 4, 45, { size: 12, fill: colours.soft }),
    ...panels,
  )}\n`;
}

function heading(title: string, { x, y, height }: Box): string {
  return label(title, x + 4, y + height - 6, { size: 14, "font-weight": 600, fill: colours.soft });
}

function panelPicture(panel: DataPanel, answers: readonly Answered[], range: Range, box: Box): string {
  const body = { x: box.x, y: box.y + titleHeight, width: box.width, height: box.height - titleHeight };
  return element(
    "g",
    {},
    element("title", {}, panel.description ?? ""),
    element("rect", { ...box, rx: 4, fill: colours.panel, stroke: colours.edge }),
    label(panel.title, box.x + 10, box.y + 20, { size: 12, "font-weight": 600, width: box.width - 16 }),
    (panel.type === "stat" ? statBody : seriesBody)({ panel, answers, range }, body),
  );
}
