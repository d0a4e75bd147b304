import { seconds } from "./figures.ts";
import type { Answer, Replay, ReplayedMetric, ReplayedStep } from "./replay.ts";
import { Page, type Cell, type TerminalOptions } from "./terminal.ts";
import { outcomeWords, type Tone } from "./words.ts";

const answerWords: Readonly<Record<Answer, { readonly title: string; readonly tone: Tone }>> = {
  "go-on": { title: "go on", tone: "good" },
  warn: { title: "warn and go on", tone: "warning" },
  wait: { title: "wait for more", tone: "warning" },
  hold: { title: "hold", tone: "warning" },
  rollback: { title: "roll back", tone: "bad" },
};

/** `atom replay`: each verdict then and now, and where it would have ended. Pure. */
export function replayText(replay: Replay, options: TerminalOptions = {}): string {
  const page = new Page(options);
  page.paragraph({ text: `${replay.id}, judged again`, tone: "strong" });
  if (replay.changes.length === 0) page.paragraph({ text: "with the limits that it had" }, "  ");
  page.table(replay.changes.map(({ key, then, now }) => [{ text: key }, { text: `${then} → ${now}`, tone: "strong" }]));
  for (const step of replay.steps) stepLines(page, step);
  page.heading(`It ended then: ${outcomeWords[replay.then].title.toLowerCase()}`);
  page.paragraph(endCell(replay));
  return page.toString();
}

function stepLines(page: Page, step: ReplayedStep): void {
  page.heading(`${step.percent} %, judged by the ${step.by} after ${seconds(step.since)} (line ${step.seq})`);
  page.table([
    ...step.metrics.map((metric): readonly Cell[] => [{ text: metric.metric }, { text: metric.then }, nowCell(metric)]),
    [{ text: "so it would" }, { text: answerWords[step.then].title }, answerCell(step)],
  ]);
}

function nowCell({ now, why }: ReplayedMetric): Cell {
  const note = why === undefined ? "" : ` (${why})`;
  if (now === undefined) return { text: `→ cannot be said${note}`, tone: "warning" };
  return { text: `→ ${now}${note}`, tone: now === "PASS" ? "good" : now === "FAIL" ? "bad" : "warning" };
}

function answerCell({ now, reason }: ReplayedStep): Cell {
  if (now === undefined) return { text: "→ cannot be said", tone: "warning" };
  const { title, tone } = answerWords[now];
  return { text: `→ ${title}${reason === undefined ? "" : `: ${reason}`}`, tone };
}

function endCell({ now, at }: Replay): Cell {
  const where = at === undefined ? "" : ` at ${at.percent} %`;
  switch (now) {
    case "same":
      return { text: "With these limits it would have ended the same way.", tone: "good" };
    case "rolled-back":
      return { text: `With these limits it would have been rolled back${where} at the latest.`, tone: "bad" };
    case "held":
      return { text: `With these limits it would have been held${where} at the latest.`, tone: "warning" };
    case "unknown":
      return { text: `With these limits it cannot be said how it would have ended: ${unsaid(at)}`, tone: "warning" };
  }
}

function unsaid(at: ReplayedStep | undefined): string {
  if (at?.now === undefined) return "its verdict cannot be told from what was recorded.";
  if (at.now === "wait")
    return `it would have waited at ${at.percent} % for more, and what came then was not measured.`;
  return `it would have gone on from ${at.percent} %, and what came then was not measured.`;
}
