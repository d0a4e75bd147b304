// Drift as GitHub-flavoured Markdown: an issue, or a job's summary. Whatever it quotes stays text, and every fence is closed.
import { ample, brief, differenceLines, type Bounds } from "../preview/difference-lines.ts";
import { fitted } from "../preview/fitted.ts";
import { code, fenced, sentence } from "../preview/quoting.ts";
import { withCode } from "../report/markdown-text.ts";
import type { DriftedResource, StackDrift } from "./drift.ts";
import { byWhom, headline, nameOf, nextSteps } from "./words.ts";

/** GitHub takes 65,536 characters. */
const longest = 60_000;

const elsewhere = "`atom drift` on a terminal shows all";

/** Drift as a text of its own, at most 60,000 characters long. Pure. */
export function driftMarkdown(drift: StackDrift): string {
  const { resources, stack } = drift;
  if (resources.length === 0) return `${code(stack)} is as it was left.\n`;
  const steps = nextSteps(drift).map((step) => `- ${withCode(step)}\n`);
  return fitted(
    [
      { open: `**${withCode(headline(drift))}.**\n\n`, items: [] },
      { open: "", items: resources.map((each) => [whole(each, ample), whole(each, brief), line(each)]) },
      { open: "### What to do next\n\n", items: steps.map((step) => [step]) },
    ],
    longest,
    elsewhere,
  );
}

function whole(resource: DriftedResource, bounds: Bounds): string {
  if (resource.gone) return line(resource);
  const lines = differenceLines(resource, bounds).map(({ mark, text }) => `${mark} ${text}`);
  return `${line(resource)}\n${fenced(lines, "diff")}\n\n`;
}

function line(resource: DriftedResource): string {
  const { gone, component } = resource;
  const within = component.length === 0 ? "" : `, of ${code(component.join(" / "))}`;
  return `- ${code(nameOf(resource))}${within}${sentence(byWhom(resource))}${gone ? " **is gone**" : ""}\n`;
}
