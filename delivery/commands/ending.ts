import { adviceOf, command } from "../report/advice.ts";
import type { Story } from "../report/story.ts";
import { Page, type TerminalOptions } from "../report/terminal.ts";
import { isQuarantined } from "../report/text.ts";
import { headlineOf, toneOf } from "../report/words.ts";

const marks = { good: "✓", bad: "✗", warning: "!", neutral: "·" } as const;

/** How a release ended, in a few lines: whoever saw it happen needs no more, and is told where the rest is. */
export function endingText(story: Story, options: TerminalOptions): string {
  const { header } = story;
  const tone = toneOf(header);
  const page = new Page(options);
  page.heading("");
  page.paragraph({ text: `${header.id}: ${headlineOf(story)}`, tone }, `${marks[tone]} `);
  if (header.cause !== undefined) page.paragraph({ text: header.cause.detail }, "  ");
  for (const advice of adviceOf(header, isQuarantined(story))) page.paragraph({ text: advice }, "  - ");
  if (!header.observed)
    page.paragraph({ text: `The whole story: \`${command(`explain ${header.id}`, header)}\`.` }, "  - ");
  return page.toString();
}
