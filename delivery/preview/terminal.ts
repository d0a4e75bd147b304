// Previews for a terminal: the same content as the comment.
import { Page, plain, type Cell, type TerminalOptions } from "../report/terminal.ts";
import type { ResourceChange } from "../engine-events/changes.ts";
import { ample, differenceLines } from "./difference-lines.ts";
import type { StackReport } from "./report.ts";
import { componentText, costText, driftText, headline, kindOf, lossText, subjectOf, toneOf } from "./words.ts";

const marks = { good: "✓", warning: "!", bad: "✗" } as const;
const tones = { "+": "good", "-": "bad", " ": "faint" } as const;

/** Previews of stacks as one text. Nothing that they quote steers the terminal. Pure. */
export function previewText(reports: readonly StackReport[], options: TerminalOptions = {}): string {
  const page = new Page(options);
  for (const report of reports) addStack(page, report);
  return page.toString();
}

function addStack(page: Page, report: StackReport): void {
  const tone = toneOf(report);
  page.heading(`${marks[tone]} ${report.stack}: ${headline(report)}`);
  const { reasons, losses, versions, costs, findings, drifted, warnings, components } = report;
  list(
    page,
    "Why it failed",
    reasons.flatMap((reason) => reason.split("\n")),
    "bad",
  );
  list(page, "Deleted or replaced", losses.map(lossLine), "warning");
  list(page, "Versions", [...versions, ...costs.map(costText)]);
  list(
    page,
    "Policies",
    findings.map((finding) => {
      const subject = subjectOf(finding);
      return `${finding.level} ${finding.policy}${subject === undefined ? "" : `, ${subject}`}: ${finding.message}`;
    }),
    "warning",
  );
  list(
    page,
    "Not as it was left",
    drifted.map((each) => `${named(each)}: ${driftText(each)}`),
    "warning",
  );
  list(page, "Warnings", warnings, "warning");
  for (const component of components) {
    page.heading(componentText(component));
    for (const change of component.changes) addChange(page, change);
  }
}

function list(page: Page, title: string, lines: readonly string[], tone?: Cell["tone"]): void {
  if (lines.length === 0) return;
  page.heading(title);
  for (const text of lines) page.paragraph({ text: plain(text), tone }, "  ");
}

function addChange(page: Page, change: ResourceChange): void {
  page.paragraph({ text: `${change.operation} ${named(change)}`, tone: "strong" }, "  ");
  for (const { mark, text } of differenceLines(change, ample)) {
    // Indentation is part of the mark: a paragraph is broken at spaces.
    const [indent = ""] = /^ */.exec(text) ?? [];
    page.paragraph({ text: text.slice(indent.length), tone: tones[mark] }, `    ${mark} ${indent}`);
  }
}

function lossLine(change: ResourceChange): string {
  const why = lossText(change);
  const where = componentText({ path: change.component });
  return `${change.operation} ${named(change)} in ${where}${why === undefined ? "" : `: ${why}`}`;
}

function named(change: ResourceChange): string {
  return `${kindOf(change)} ${change.name}`;
}
