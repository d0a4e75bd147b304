// What Slack shows of a release, in Block Kit: https://docs.slack.dev/reference/block-kit/blocks
import type { KnownBlock } from "@slack/web-api";
import type { Change } from "../../../components/ledger/release-record.ts";
import { seconds } from "../../report/figures.ts";
import type { StepStory } from "../../report/step-story.ts";
import { versionText } from "../../report/text.ts";
import { resultWords, stepTitle, toneOf } from "../../report/words.ts";
import type { Facts } from "../telling.ts";
import { escaped, link, mrkdwn, plainText } from "./text.ts";

/** A message: its blocks, and the same in short for where blocks are not shown, such as a phone's lock screen. */
export interface SlackText {
  readonly text: string;
  readonly blocks: KnownBlock[];
}

const marks = { good: ":white_check_mark:", bad: ":x:", warning: ":warning:", neutral: ":arrow_forward:" } as const;

/** The release as it stands. */
export function messageText(facts: Facts): SlackText {
  const { story, id, service, environment, headline, change, author, reason, action, next, explain } = facts;
  const { header } = story;
  const title = `${service} ${id} in ${environment}: ${headline}`;
  return {
    text: escaped(title),
    blocks: [
      { type: "header", text: plainText(`${marks[toneOf(header)]} ${title}`, 150) },
      {
        type: "section",
        fields: [
          field("From", escaped(versionText(header.from))),
          field("To", escaped(versionText(header.to))),
          field("Commit", commitText(change)),
          field("Author", escaped(author)),
          field("Mode", `${header.mode} by ${escaped(header.by)}`),
          field("Since the start", seconds(header.durationSeconds)),
        ],
      },
      ...(story.steps.length === 0 ? [] : [section(story.steps.map(stepText).join("\n"))]),
      ...(reason === undefined ? [] : [section(`*Why*\n${escaped(reason)}`)]),
      ...(action === undefined ? [] : [section(`*Action taken*\n${escaped(action)}`)]),
      ...nextBlocks(next),
      context(change, explain),
    ],
  };
}

/** What calls people: a release goes back, or waits for somebody (R5). */
export function alertText(facts: Facts): SlackText {
  const { id, service, environment, urgent, headline, change, author, reason = "", action = "", next, explain } = facts;
  const title = `${urgent ? "URGENT: " : ""}${service} ${id} in ${environment}: ${headline}`;
  return {
    text: escaped(title),
    blocks: [
      { type: "header", text: plainText(`${urgent ? ":rotating_light:" : ":warning:"} ${title}`, 150) },
      {
        type: "section",
        fields: [
          field("Commit", commitText(change)),
          field("Author", escaped(author)),
          field("Environment", `${escaped(environment)}${urgent ? " (urgent)" : ""}`),
          field("Workflow run", change?.run === undefined ? "none" : link(change.run, "open")),
        ],
      },
      section(`*Reason*\n${escaped(reason)}`),
      section(`*Action taken*\n${escaped(action)}`),
      ...nextBlocks(next),
      context(change, explain),
    ],
  };
}

/** `:white_check_mark: 10 %: passed, P95 81 ms`. */
function stepText(step: StepStory): string {
  const { title, tone } = resultWords[step.result];
  const p95 = step.p95?.candidate === undefined ? "" : `, P95 ${seconds(step.p95.candidate)}`;
  const mark = step.from === undefined ? ":white_small_square:" : marks[tone];
  return `${mark} ${stepTitle(step)}: ${title}${p95}`;
}

function commitText(change: Change | undefined): string {
  if (change === undefined) return "not known";
  const { commit, message, repository, run } = change;
  const server = run === undefined ? "https://github.com" : new URL(run).origin;
  const url = repository === undefined ? undefined : `${server}/${repository}/commit/${commit}`;
  return `${link(url, commit.slice(0, 10))}${message === undefined ? "" : ` ${escaped(message)}`}`;
}

function nextBlocks(next: readonly string[]): readonly KnownBlock[] {
  return next.length === 0
    ? []
    : [section(`*What to do next*\n${next.map((line) => `• ${escaped(line)}`).join("\n")}`)];
}

function context(change: Change | undefined, explain: string): KnownBlock {
  const run = change?.run === undefined ? [] : [mrkdwn(link(change.run, "workflow run"))];
  return { type: "context", elements: [mrkdwn(`The whole story: \`${escaped(explain)}\``), ...run] };
}

function section(text: string): KnownBlock {
  return { type: "section", text: mrkdwn(text) };
}

function field(title: string, value: string): ReturnType<typeof mrkdwn> {
  return mrkdwn(`*${title}*\n${value}`, 1_900);
}
