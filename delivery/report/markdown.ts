// A release's story as GitHub-flavoured Markdown, for a job's summary or an issue.
import { adviceOf } from "./advice.ts";
import { instant, seconds, share } from "./figures.ts";
import { countsText, type MetricStory } from "./metric-story.ts";
import type { StepStory } from "./step-story.ts";
import type { Story } from "./story.ts";
import { inline, table, withCode } from "./markdown-text.ts";
import { plain } from "./terminal.ts";
import { isQuarantined, proofText, stayText, verdictText, versionText } from "./text.ts";
import { changeText, headlineOf, resultWords, stepTitle, timingRows, toneOf } from "./words.ts";

export interface MarkdownOptions {
  /** Of the first heading. @default 2 */
  readonly level?: number;
  /** With journal and queries, folded. @default true */
  readonly details?: boolean;
}

/** `atom explain --markdown`. Whatever the record quotes stays text: no link, mention, image or HTML comes of it. Pure. */
export function reportMarkdown(story: Story, { level = 2, details = true }: MarkdownOptions = {}): string {
  const { header } = story;
  const mark = { good: "✅", bad: "❌", warning: "⚠️", neutral: "ℹ️" }[toneOf(header)];
  const names = [header.service, header.environment, header.id].filter((name) => name !== undefined).map(inline);
  const end = header.endedAt === undefined ? "not over" : `took ${seconds(header.durationSeconds)}`;
  const blocks = [
    `${"#".repeat(level)} ${mark} ${inline(headlineOf(story))}`,
    `**${names.join(" · ")}**, ${header.mode} by ${inline(header.by)}, began ${instant(header.startedAt)} UTC, ${end}`,
    table(
      ["", "version"],
      [
        ["from", inline(versionText(header.from))],
        ["to", inline(versionText(header.to))],
      ],
    ),
    header.change === undefined ? "" : `Commit: ${inline(changeText(header.change))}`,
    header.hotfix === undefined ? "" : `Hotfix: ${inline(header.hotfix)}`,
    header.cause === undefined ? "" : `**Why:** \`${header.cause.reason}\`: ${inline(header.cause.detail)}`,
    ...story.decisions
      .filter(({ event }) => event === "warned")
      .map(({ since, detail }) => `**Warned** after ${seconds(since)}: ${inline(detail)}`),
    section(level, "Steps", stepsTable(story.steps)),
    section(level, "Evidence", metricsTable(story.steps)),
    section(level, "Smoke tests", smokeTable(story)),
    section(
      level,
      "Timings",
      table(
        ["what", "took"],
        timingRows(story).map(({ took, what }) => [what, took]),
      ),
    ),
    section(level, "What to do next", list(adviceOf(header, isQuarantined(story)).map(withCode))),
    ...(details ? [journal(story), queries(story)] : []),
    section(level, "No longer on record", list(story.missing.map(inline))),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function section(level: number, title: string, body: string): string {
  return body === "" ? "" : `${"#".repeat(level + 1)} ${title}\n\n${body}`;
}

function stepsTable(steps: readonly StepStory[]): string {
  const rows = steps.map((step) => {
    const { title } = resultWords[step.result];
    return [stepTitle(step), `${title}${step.by === "guard" ? " by the guard" : ""}`, stayText(step)];
  });
  return table(["step", "result", "when"], rows);
}

function metricsTable(steps: readonly StepStory[]): string {
  const rows = steps.flatMap((step) => step.metrics.map((metric) => metricRow(step, metric)));
  return table(["step", "metric", "verdict", "candidate", "active", "limit", "proof"], rows);
}

function metricRow(step: StepStory, metric: MetricStory): readonly string[] {
  const limit = metric.limit === undefined ? "" : share(metric.limit);
  const counts = [countsText(metric.candidate), countsText(metric.active)].map(inline);
  return [
    stepTitle(step),
    inline(metric.label),
    inline(verdictText(metric)),
    ...counts,
    limit,
    inline(proofText(metric)),
  ];
}

function smokeTable({ smoke }: Story): string {
  const rows = smoke.flatMap(({ through, passed, detail, steps }) => [
    [through, passed ? "passed" : "**failed**", inline(detail), ""],
    ...steps.map((step) => [
      inline(step.name),
      step.passed ? "passed" : "**failed**",
      inline(step.detail ?? ""),
      seconds(step.durationSeconds),
    ]),
  ]);
  return table(["smoke test", "result", "detail", "took"], rows);
}

function journal({ timeline }: Story): string {
  const lines = timeline.map(
    ({ since, percent, event, detail }) => `+${since.toFixed(3)} s  ${percent} %  ${event}  ${plain(detail)}`,
  );
  return folded(`Journal, ${timeline.length} ${timeline.length === 1 ? "line" : "lines"}`, lines);
}

function queries({ queries: asked }: Story): string {
  const lines = asked.flatMap(({ seq, name, promql, answer }) => [
    `# line ${seq}, ${plain(name)}: ${plain(answer)}`,
    plain(promql),
  ]);
  return folded(`Asked of Prometheus: ${asked.length} ${asked.length === 1 ? "query" : "queries"}`, lines);
}

function folded(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  return `<details><summary>${title}</summary>\n\n${fenced(lines.join("\n"))}\n\n</details>`;
}

/** A fence that nothing within can close. */
function fenced(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}
