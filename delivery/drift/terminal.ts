// Drift for a terminal.
import { ample, differenceLines } from "../preview/difference-lines.ts";
import { Page, type TerminalOptions } from "../report/terminal.ts";
import type { StackDrift } from "./drift.ts";
import { byWhom, headline, nameOf, nextSteps } from "./words.ts";

const tones = { "+": "good", "-": "bad", " ": "faint" } as const;

/** Nothing that it quotes steers the terminal. Pure. */
export function driftText(drift: StackDrift, options: TerminalOptions = {}): string {
  const page = new Page(options);
  const isClean = drift.resources.length === 0;
  page.paragraph({ text: `${headline(drift)}.`, tone: isClean ? "good" : "warning" });
  for (const resource of drift.resources) {
    page.heading(`${nameOf(resource)}${byWhom(resource)}${resource.gone ? " is gone" : ""}`);
    for (const { mark, text } of differenceLines(resource, ample))
      page.paragraph({ text, tone: tones[mark] }, `  ${mark} `);
  }
  if (!isClean) {
    page.heading("What to do next");
    for (const step of nextSteps(drift).slice(0, -1)) page.paragraph({ text: step.replaceAll("`", "") }, "  ");
  }
  return page.toString();
}
