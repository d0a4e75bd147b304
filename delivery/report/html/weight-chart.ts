import { seconds } from "../figures.ts";
import { restorationText } from "../restoration.ts";
import type { Story, TimelineEntry } from "../story.ts";
import { eventTone, phaseWords, type Tone } from "../words.ts";
import { html, type Markup } from "./markup.ts";

interface Plot {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: (since: number) => number;
  readonly y: (percent: number) => number;
  /** Seconds at its right edge. */
  readonly end: number;
}

/** Weights over time, with what the release was doing and what was decided. Two sizes: a picture that shrinks is not read on a telephone. */
export function weightChart(story: Story): Markup | undefined {
  if (story.weights.every(({ percent }) => percent === 0)) return undefined;
  return html`${drawn(story, 1032, 300, "wide")}${drawn(story, 384, 280, "narrow")}`;
}

function drawn(story: Story, width: number, height: number, kind: string): Markup {
  const plot = plotOf(story, width, height);
  const said = story.weights.map(({ since, percent }) => `${percent} % from ${seconds(since)}`).join(", ");
  return html`<svg
    class="chart ${kind}"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="Share of the traffic on the candidate: ${said}"
  >
    ${bands(story, plot)}${grid(plot)}${line(story, plot)}${seen(story, plot)}${events(story, plot)}
  </svg> `;
}

function plotOf(story: Story, width: number, height: number): Plot {
  const { durationSeconds, endedAt } = story.header;
  // What is not over goes on beyond its last line.
  const last = Math.max(durationSeconds, story.timeline.at(-1)?.since ?? 0, 0.001);
  const end = endedAt === undefined ? 1.05 * last : last;
  const [left, right, top, bottom] = [46, width - 10, 66, height - 30];
  const x = (since: number): number => round(left + ((right - left) * since) / end);
  const y = (percent: number): number => round(bottom - ((bottom - top) * percent) / 100);
  return { width, height, left, right, top, bottom, x, y, end };
}

const bandTones: Partial<Record<TimelineEntry["phase"], Tone | "accent">> = {
  shifting: "accent",
  confirming: "accent",
  measuring: "accent",
  "awaiting-approval": "warning",
  soaking: "good",
  finishing: "good",
  held: "warning",
  "stepping-back": "warning",
  returning: "bad",
  "confirming-return": "bad",
  quarantining: "bad",
  "scaling-down": "bad",
};

/** What the release was doing, as a strip above the plot. */
function bands({ timeline }: Story, plot: Plot): readonly Markup[] {
  return timeline.flatMap((entry, index) => {
    const from = plot.x(entry.since);
    const until = plot.x(timeline[index + 1]?.since ?? plot.end);
    const wide = round(until - from);
    if (wide < 0.5) return [];
    const word = phaseWords[entry.phase];
    const shown = [word, word.split(" ")[0] ?? ""].find((text) => 6.1 * text.length + 8 < wide);
    return [
      html`<rect class="band ${bandTones[entry.phase] ?? "neutral"}" x="${from}" y="6" width="${wide}" height="22"
        ><title>${word}: ${seconds((timeline[index + 1]?.since ?? plot.end) - entry.since)}</title></rect
      >`,
      ...(shown === undefined
        ? []
        : [html`<text class="on-band" x="${round(from + wide / 2)}" y="21" text-anchor="middle">${shown}</text>`]),
    ];
  });
}

function grid(plot: Plot): readonly Markup[] {
  const across = [0, 50, 100].map(
    (percent) =>
      html`<line
          class="grid"
          x1="${plot.left}"
          x2="${plot.right}"
          y1="${plot.y(percent)}"
          y2="${plot.y(percent)}"
        /><text x="${plot.left - 8}" y="${plot.y(percent) + 4}" text-anchor="end">${percent} %</text>`,
  );
  const step = tickStep(plot.end, (plot.right - plot.left) / 84);
  const ticks = Array.from({ length: Math.floor(plot.end / step + 1e-9) + 1 }, (_, index) => index * step);
  const down = ticks.map((tick) => {
    const at = plot.x(tick);
    const anchor = plot.right - at < 16 ? "end" : "middle";
    return html`<line class="axis" x1="${at}" x2="${at}" y1="${plot.bottom}" y2="${plot.bottom + 5}" /><text
        x="${at}"
        y="${plot.bottom + 20}"
        text-anchor="${anchor}"
        >${tickText(tick, step)}</text
      >`;
  });
  return [...across, ...down];
}

const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400];

/** The distance of the axis' marks in seconds: a round one, so that there are at most `most`. */
export function tickStep(end: number, most: number): number {
  return steps.find((step) => end / step <= most) ?? 86_400 * Math.ceil(end / 86_400 / most);
}

function tickText(tick: number, step: number): string {
  if (step < 60) return `${Number(tick.toFixed(1))} s`;
  return step < 3_600 ? `${tick / 60} min` : `${tick / 3_600} h`;
}

function line({ weights }: Story, plot: Plot): Markup {
  const [first] = weights;
  if (first === undefined) return html``;
  const rest = weights.slice(1).map(({ since, percent }) => `H${plot.x(since)}V${plot.y(percent)}`);
  const path = `M${plot.x(first.since)} ${plot.y(first.percent)}${rest.join("")}H${plot.right}`;
  const labels = weights.flatMap(({ since, percent }, index) => {
    const from = plot.x(since);
    const room = plot.x(weights[index + 1]?.since ?? plot.end) - from;
    if (percent === 0 || room < 40) return [];
    const above = percent < 90 ? plot.y(percent) - 7 : plot.y(percent) + 17;
    return [html`<text class="plateau" x="${from + 7}" y="${above}">${percent} %</text>`];
  });
  return html`<path class="area" d="${path}V${plot.bottom}H${plot.x(first.since)}Z" /><path
      class="weight"
      d="${path}"
    />${labels}`;
}

/** Where the data plane was seen to have the weight. */
function seen({ steps: stays }: Story, plot: Plot): readonly Markup[] {
  return stays.flatMap(({ inEffect, percent }) =>
    inEffect?.confirmed === true
      ? [
          html`<circle class="seen" cx="${plot.x(inEffect.at)}" cy="${plot.y(percent)}" r="4"
            ><title>${inEffect.detail}</title></circle
          >`,
        ]
      : [],
  );
}

/** What was decided, as lines through the plot; the label of one that is close to the last is left out, its title is not. */
function events({ timeline, restoration }: Story, plot: Plot): readonly Markup[] {
  const marks = timeline.filter(({ event }) =>
    ["failed", "held", "warned", "approved", "resumed", "taken-over"].includes(event),
  );
  let free = -Infinity;
  return marks.map(({ event, since, detail }) => {
    const at = plot.x(since);
    const tone = eventTone(event);
    const text =
      event === "failed" ? `verdict${restoration === undefined ? "" : `, ${restorationText(restoration)}`}` : event;
    const long = 6.3 * text.length;
    const leftward = at + long > plot.right;
    const start = leftward ? at - 6 - long : at + 6;
    const label = start > free && start > 0;
    if (label) free = start + long + 8;
    return html`<line class="event ${tone}" x1="${at}" x2="${at}" y1="${plot.top - 24}" y2="${plot.bottom}"
        ><title>${detail}</title></line
      >${label && html`<text class="event-name ${tone}" x="${leftward ? at - 6 : at + 6}" y="${plot.top - 14}" text-anchor="${leftward ? "end" : "start"}">${text}</text>`}`;
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
