import type { JournalEntry } from "../../../components/ledger/release-record.ts";
import { releasePlanSchema } from "../../../components/release-plan/release-plan.ts";
import { evidenceOf } from "../../report/evidence.ts";
import { seconds, secondsBetween, share } from "../../report/figures.ts";
import { countsText, metricsOf, type MetricStory } from "../../report/metric-story.ts";
import type { ReleaseRecord } from "../../report/story.ts";
import { verdictText, verdictTone } from "../../report/text.ts";
import { eventTone } from "../../report/words.ts";
import type { SlackText } from "./blocks.ts";
import { escaped, mrkdwn } from "./text.ts";

const marks = {
  good: ":white_check_mark:",
  bad: ":x:",
  warning: ":warning:",
  neutral: ":small_blue_diamond:",
} as const;

/** A line of the journal with what it was decided on, as a reply in the release's thread. */
export function lineText(line: JournalEntry, record: ReleaseRecord): SlackText {
  const plan = releasePlanSchema.safeParse(record.plan);
  const evidence = evidenceOf(line);
  const metrics = metricsOf(evidence, plan.success ? plan.data : undefined);
  const waits = line.phase === "awaiting-approval" ? ["Now it waits for an approval: `atom approve`."] : [];
  const since = seconds(Math.max(0, secondsBetween(record.startedAt, line.at)));
  const told = `${marks[eventTone(line.event)]} *${escaped(line.event)}* at ${line.percent} % after ${since}: ${escaped(line.detail)}`;
  const smoke = evidence.smoke?.steps.map(
    ({ name, passed, duration, detail }) =>
      `• ${escaped(name)}: ${passed ? "passed" : "FAILED"} in ${seconds(duration / 1000)}${detail === undefined ? "" : `, ${escaped(detail)}`}`,
  );
  const text = [told, ...metrics.map(metricLine), ...(smoke ?? []), ...waits].join("\n");
  return { text: escaped(`${line.event}: ${line.detail}`), blocks: [{ type: "section", text: mrkdwn(text) }] };
}

/** `• failed requests (5xx): FAIL. Candidate 60 of 200 (30 %), active 1 of 1,800 (0.0556 %), limit 0.1 %`. */
function metricLine(metric: MetricStory): string {
  const { label, candidate, active, limit } = metric;
  const counts = [
    `candidate ${countsText(candidate)}`,
    ...(active === undefined ? [] : [`active ${countsText(active)}`]),
    ...(limit === undefined ? [] : [`limit ${share(limit)}`]),
  ];
  return `• ${marks[verdictTone(metric)]} ${escaped(label)}: ${escaped(verdictText(metric))}; ${escaped(counts.join(", "))}`;
}
