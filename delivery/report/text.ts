// A release's story for a terminal: what happened, why, on what evidence, and what to do next.
import { adviceOf } from "./advice.ts";
import { eValue, instant, seconds, share } from "./figures.ts";
import { countsText, type MetricStory, type Proof } from "./metric-story.ts";
import type { StepStory } from "./step-story.ts";
import type { Story, Version } from "./story.ts";
import { Page, type Cell, type TerminalOptions } from "./terminal.ts";
import { changeText, eventTone, headlineOf, resultWords, stepTitle, timingRows, toneOf, type Tone } from "./words.ts";

export interface TextOptions extends TerminalOptions {
  /** With the queries that Prometheus was asked. @default false */
  readonly queries?: boolean;
}

/** `atom explain`. Pure. */
export function explainText(story: Story, options: TextOptions = {}): string {
  const page = new Page(options);
  head(page, story);
  why(page, story);
  evidence(page, story);
  smoke(page, story);
  page.heading("Timings");
  page.table(timingRows(story).map(({ took, what }) => [{ text: took }, { text: what }]));
  journal(page, story);
  if (options.queries === true) queries(page, story);
  notes(page, "Remarks of Prometheus", story.warnings);
  notes(page, "No longer on record", story.missing);
  notes(page, "What to do next", adviceOf(story.header, isQuarantined(story)));
  return page.toString();
}

/** Whether the candidate's template was kept from coming back. */
export function isQuarantined({ timeline }: Pick<Story, "timeline">): boolean {
  return timeline.some(({ event }) => event === "quarantined");
}

function head(page: Page, story: Story): void {
  const { header } = story;
  const where = header.environment === undefined ? "" : ` in ${header.environment}`;
  page.paragraph({ text: `${header.id} of ${header.service ?? "a service"}${where}`, tone: "strong" });
  page.paragraph({ text: headlineOf(story), tone: toneOf(header) }, `${mark(toneOf(header))} `);
  const end = header.endedAt === undefined ? "not over" : `ended ${instant(header.endedAt)} UTC`;
  page.table([
    [{ text: "from", tone: "faint" }, { text: versionText(header.from) }],
    [{ text: "to", tone: "faint" }, { text: versionText(header.to) }],
    [{ text: "mode", tone: "faint" }, { text: header.hotfix === undefined ? header.mode : `hotfix: ${header.hotfix}` }],
    [{ text: "by", tone: "faint" }, { text: header.by }],
    ...(header.change === undefined
      ? []
      : [[{ text: "commit", tone: "faint" } as const, { text: changeText(header.change) }]]),
    [
      { text: "time", tone: "faint" },
      { text: `began ${instant(header.startedAt)} UTC, ${end}, ${seconds(header.durationSeconds)}` },
    ],
  ]);
}

/** `v42 in green, registry/atom:42, template 0123456789ab`. */
export function versionText({ version, slot, image, template }: Version): string {
  const parts = [
    `${version === "" ? "unknown version" : version} in ${slot}`,
    image,
    template && `template ${template}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function why(page: Page, { header, decisions }: Story): void {
  const warned = decisions.filter(({ event }) => event === "warned");
  if (header.cause === undefined && warned.length === 0) return;
  page.heading("Why");
  if (header.cause !== undefined) {
    const { reason, detail } = header.cause;
    page.paragraph({ text: `${reason}: ${detail}` }, "  ");
  }
  for (const { since, detail } of warned)
    page.paragraph({ text: `warned after ${seconds(since)}: ${detail}`, tone: "warning" }, "  ");
}

function evidence(page: Page, { steps }: Story): void {
  if (steps.length === 0) return;
  page.heading("Steps and their evidence");
  for (const step of steps) {
    const { title, tone } = resultWords[step.result];
    const by = step.by === "guard" ? " by the guard" : "";
    page.table([
      [{ text: stepTitle(step), tone: "strong" }, { text: `${title}${by}`, tone }, { text: stayText(step) }],
    ]);
    for (const metric of step.metrics) metricLines(page, metric);
    if (step.metrics.length > 0) continue;
    if (step.evidenceDropped)
      page.paragraph({ text: "its evidence was dropped from the ledger", tone: "faint" }, "    ");
    if (step.detail !== "") page.paragraph({ text: step.detail }, "    ");
  }
}

/** When a step was, how it came into effect, how fast it answered. */
export function stayText(step: StepStory): string {
  const { from, until, inEffect, overtimeSeconds, p95, plannedSeconds } = step;
  const planned = plannedSeconds === undefined ? "" : `planned for ${seconds(plannedSeconds)}`;
  if (from === undefined) return planned;
  const stay = until === undefined ? `since ${seconds(from)}` : `from ${seconds(from)} to ${seconds(until)}`;
  const effect =
    inEffect && `${inEffect.confirmed ? "in effect" : "not seen in effect"} after ${seconds(inEffect.at - from)}`;
  const extended =
    overtimeSeconds !== undefined && overtimeSeconds >= 1 ? `${seconds(overtimeSeconds)} beyond its wait` : "";
  const speed = p95?.candidate === undefined ? "" : `P95 ${seconds(p95.candidate)}${beside(p95.active)}`;
  return [stay, effect ?? "", extended, speed].filter((part) => part !== "").join("; ");
}

function beside(active: number | undefined): string {
  return active === undefined ? "" : ` (active ${seconds(active)})`;
}

function metricLines(page: Page, metric: MetricStory): void {
  const tone = verdictTone(metric);
  const limit = metric.limit === undefined ? "" : `, limit ${share(metric.limit)}`;
  const active = metric.active === undefined ? "" : `; active ${countsText(metric.active)}`;
  const scope = metric.scope === "watch" ? ", counted by the guard since its watch began" : "";
  const counted =
    metric.candidate === undefined ? "" : `candidate ${countsText(metric.candidate)}${active}${limit}${scope}`;
  const lines: readonly Cell[] = [
    { text: `${metric.label}: ${verdictText(metric)}`, tone },
    { text: counted },
    { text: proofText(metric), tone: "faint" },
  ];
  for (const [index, cell] of lines.filter(({ text }) => text !== "").entries())
    page.paragraph(cell, index === 0 ? `    ${mark(tone)} ` : "      ");
}

/** `PASS, proven`; `TOO_FEW: 12 of 100 requests seen.` */
export function verdictText({ verdict, proven, detail }: MetricStory): string {
  if (verdict === "PASS") return proven === true ? "PASS, proven" : "PASS, not proven yet";
  return detail === undefined ? verdict : `${verdict}: ${detail}`;
}

export function verdictTone({ verdict }: Pick<MetricStory, "verdict">): Tone {
  if (verdict === "PASS") return "good";
  return verdict === "FAIL" ? "bad" : "warning";
}

/** How much stands behind a verdict: e-values against what proof needs, and what the true share can still be. */
export function proofText({ proof, upperLimit, judgedOn }: MetricStory): string {
  const parts = [
    judgedOn && `judged on the whole release, ${countsText(judgedOn)}`,
    proof && eText("above the limit", proof.breach, proof.breachNeeded),
    proof && eText("its own fault", proof.blame, proof.blameNeeded),
    upperLimit === undefined || upperLimit >= 1 ? undefined : `true share at most ${share(upperLimit)}`,
  ];
  return parts.filter((part) => part !== undefined && part !== "").join("; ");
}

function eText(what: string, value: Proof["breach"], needed: Proof["breachNeeded"]): string {
  if (value === undefined) return "";
  return `${what}: e-value ${eValue(value)}${needed === undefined ? "" : ` (${eValue(needed)} is proof)`}`;
}

function smoke(page: Page, { smoke: tests }: Story): void {
  if (tests.length === 0) return;
  page.heading("Smoke tests");
  for (const { through, passed, detail, steps } of tests) {
    page.paragraph({ text: detail, tone: passed ? "good" : "bad" }, `  ${mark(passed ? "good" : "bad")} ${through}: `);
    page.table(
      steps.map((step) => [
        { text: mark(step.passed ? "good" : "bad"), tone: step.passed ? "good" : "bad" },
        { text: step.name },
        { text: seconds(step.durationSeconds) },
        { text: step.detail ?? "" },
      ]),
      4,
    );
  }
}

function journal(page: Page, { timeline }: Story): void {
  if (timeline.length === 0) return;
  page.heading("Journal");
  page.table(
    timeline.map(({ since, percent, event, detail }) => [
      { text: `+${since.toFixed(3)} s`, tone: "faint" },
      { text: `${percent} %` },
      { text: event, tone: eventTone(event) },
      { text: detail },
    ]),
  );
}

function queries(page: Page, { queries: asked }: Story): void {
  if (asked.length === 0) return;
  page.heading("Asked of Prometheus");
  for (const { seq, name, promql, answer } of asked) {
    page.paragraph({ text: `line ${seq}, ${name}: ${answer}` }, "  ");
    page.paragraph({ text: promql, tone: "faint" }, "    ");
  }
}

function notes(page: Page, title: string, texts: readonly string[]): void {
  if (texts.length === 0) return;
  page.heading(title);
  for (const text of texts) page.paragraph({ text }, "  - ");
}

function mark(tone: Tone): string {
  return { good: "✓", bad: "✗", warning: "!", neutral: "·" }[tone];
}
