// Previews as GitHub-flavoured Markdown: a comment on a pull request, or a job's summary.
import type { PolicyFinding, ResourceChange } from "../engine-events/changes.ts";
import { table } from "../report/markdown-text.ts";
import { ample, brief, differenceLines, type Bounds } from "./difference-lines.ts";
import { fitted, type Section } from "./fitted.ts";
import { code, cut, fenced, sentence } from "./quoting.ts";
import { isQuiet, toldOperations, type ComponentReport, type StackReport } from "./report.ts";
import {
  componentText,
  costText,
  countsText,
  driftText,
  headline,
  kindOf,
  lossText,
  subjectOf,
  toneOf,
} from "./words.ts";

export interface MarkdownOptions {
  /** Characters that the text may have. */
  readonly most: number;
  /** A hidden first line, by which the text is found again. @default none */
  readonly marker?: string;
  /** What was previewed, and by whom: Markdown, one line. */
  readonly about: string;
  /** Where the whole is, for a text that lacks something: Markdown. */
  readonly elsewhere: string;
}

const marks = { good: "✅", warning: "⚠️", bad: "❌" } as const;

/** Previews of stacks as one text. Whatever they quote stays text, and every fence and fold is closed. Pure. */
export function previewMarkdown(
  reports: readonly StackReport[],
  { most, marker, about, elsewhere }: MarkdownOptions,
): string {
  const head = `${marker === undefined ? "" : `${marker}\n`}## What this changes\n\n${about}\n\n`;
  return fitted([{ open: head, items: [overview(reports)] }, ...reports.flatMap(stackSections)], most, elsewhere);
}

/** One line a stack; the figures of many. */
function overview(reports: readonly StackReport[]): readonly string[] {
  const rows = reports.map((report) => [
    `${marks[toneOf(report)]} ${code(report.stack)}`,
    ...(report.failed ? toldOperations.map(() => "?") : toldOperations.map((each) => String(report.counts[each]))),
    String(report.findings.length),
  ]);
  const changed = reports.filter((report) => !isQuiet(report)).length;
  return [
    `${table(["stack", ...toldOperations, "policy findings"], rows)}\n\n`,
    `${reports.length} stacks, ${changed} with something to read.\n\n`,
  ];
}

function stackSections(report: StackReport): readonly Section[] {
  const { reasons, losses, versions, costs, findings, drifted, warnings, components } = report;
  return [
    { open: `### ${marks[toneOf(report)]} ${code(report.stack)}: ${headline(report)}\n\n`, items: [] },
    ...(reasons.length === 0 ? [] : [{ open: "**Why it failed**\n\n", items: reasons.map(reasonItem) }]),
    ...listed(
      "Deleted or replaced",
      losses.map((each) => [`- ${lossItem(each)}\n`]),
    ),
    ...listed("Versions", [
      ...versions.map((note) => [`- ${sentence(note)}\n`]),
      ...costs.map((cost) => [`- ${sentence(costText(cost))}\n`]),
    ]),
    ...listed(
      "Policies",
      findings.map((finding) => [`- ${findingItem(finding)}\n`]),
    ),
    ...listed(
      "Not as it was left",
      drifted.map((each) => [`- ${named(each)}: ${sentence(driftText(each))}\n`]),
    ),
    ...listed(
      "Warnings",
      warnings.map((warning) => [`- ${sentence(warning)}\n`, `- ${sentence(cut(warning, 200))}\n`]),
    ),
    ...components.map(componentSection),
  ];
}

function listed(title: string, items: Section["items"]): readonly Section[] {
  return items.length === 0 ? [] : [{ open: `**${title}**\n\n`, items, close: "\n" }];
}

function reasonItem(reason: string): readonly string[] {
  const lines = reason.split("\n").map((line) => cut(line, ample.characters));
  return [
    `${fenced(lines.slice(0, 60), "text")}\n\n`,
    `${fenced(
      lines.slice(0, 6).map((line) => cut(line, 200)),
      "text",
    )}\n\n`,
  ];
}

function lossItem(change: ResourceChange): string {
  const why = lossText(change);
  return `**${change.operation}** ${named(change)} in ${code(componentText({ path: change.component }))}${why === undefined ? "" : `: ${sentence(why)}`}`;
}

function findingItem(finding: PolicyFinding): string {
  const subject = subjectOf(finding);
  const about = subject === undefined ? "" : `, ${code(subject)}`;
  return `**${finding.level}** ${code(finding.policy)}${about}: ${sentence(finding.message)}`;
}

function componentSection(component: ComponentReport): Section {
  const counts = Object.fromEntries(
    toldOperations.map((each) => [each, component.changes.filter(({ operation }) => operation === each).length]),
  ) as StackReport["counts"];
  return {
    open: `<details><summary>${code(componentText(component))}: ${countsText(counts) ?? ""}</summary>\n\n`,
    items: component.changes.map((change) => [
      changeItem(change, ample),
      changeItem(change, brief),
      `${changeTitle(change)}\n\n`,
    ]),
    close: "</details>\n\n",
  };
}

function changeItem(change: ResourceChange, bounds: Bounds): string {
  const lines = differenceLines(change, bounds).map(({ mark, text }) => `${mark} ${text}`);
  return `${changeTitle(change)}\n\n${lines.length === 0 ? "" : `${fenced(lines, "diff")}\n\n`}`;
}

function changeTitle(change: ResourceChange): string {
  return `**${change.operation}** ${named(change)}`;
}

function named(change: ResourceChange): string {
  return `${code(kindOf(change))} ${code(change.name)}`;
}
