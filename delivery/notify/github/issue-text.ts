// The issue about releases that went back (R6), as Markdown. Whatever a record quotes stays text: no link, mention, image or HTML comes of it.
import { inline, table, withCode } from "../../report/markdown-text.ts";
import { reportMarkdown } from "../../report/markdown.ts";
import type { Facts } from "../telling.ts";

export interface IssueContents {
  readonly facts: Facts;
  /** Where to look: paths in the repository, or URLs. */
  readonly files: readonly string[];
  /** Of the repository's page; undefined where it is not known. */
  readonly repositoryUrl: string | undefined;
  /** By which it is found again. */
  readonly marker: string;
}

/** GitHub takes 65,536 characters. */
const longest = 60_000;

/** One issue for each service and environment. */
export function issueTitle({ service, environment }: Pick<Facts, "service" | "environment">): string {
  return `${service} in ${environment}: a release went back`;
}

/** A hidden remark that marks a text as ours. */
export function markerOf(kind: "issue" | "release" | "recovery" | "drift" | "content", name: string): string {
  return `<!-- atom-delivery ${kind} ${name.replaceAll("--", "- -")} -->`;
}

/** What is told of one release that went back: the body of the issue, or a comment on it. */
export function rollbackText(contents: IssueContents): string {
  const { facts } = contents;
  const candidates = [
    rollbackWith(contents, reportMarkdown(facts.story, { level: 4 })),
    rollbackWith(contents, reportMarkdown(facts.story, { level: 4, details: false })),
  ];
  return candidates.find((text) => text.length <= longest) ?? rollbackWith(contents, "It is too long for an issue.\n");
}

/** What closes the issue. */
export function recoveryText({ facts, marker }: Pick<IssueContents, "facts" | "marker">): string {
  const { id, environment, story, change } = facts;
  const run = change?.run === undefined ? "" : ` ([workflow run](${linked(change.run)}))`;
  const version = story.header.to.version;
  return `${marker}\n**${inline(id)}** released ${inline(version)} in **${inline(environment)}**${run}. Nothing is left to do here.\n`;
}

function rollbackWith({ facts, files, repositoryUrl, marker }: IssueContents, report: string): string {
  const { id, service, environment, urgent, headline, change, author, reason = "", action = "", next, explain } = facts;
  const rows = [
    ["commit", commitText(facts, repositoryUrl)],
    ["author", inline(author)],
    ["environment", `${inline(environment)}${urgent ? " (urgent)" : ""}`],
    ["reason", inline(reason)],
    ["action taken", inline(action)],
    ["workflow run", change?.run === undefined ? "none" : `[open](${linked(change.run)})`],
  ];
  return [
    marker,
    `**${inline(service)} ${inline(id)}** in **${inline(environment)}**: ${inline(headline)}.`,
    table(["", ""], rows),
    section("What to do next", [...next.map(withCode), withCode(`The whole story: \`${explain}\`.`)]),
    section(
      "Relevant files",
      files.map((file) => fileText(file, repositoryUrl, change?.commit)),
    ),
    `### Evidence\n\n${report}`,
  ]
    .filter((block) => block !== "")
    .join("\n\n");
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `### ${title}\n\n${lines.map((line) => `- ${line}`).join("\n")}`;
}

function commitText({ change }: Facts, repositoryUrl: string | undefined): string {
  if (change === undefined) return "not known";
  const { commit, message } = change;
  const short = commit.slice(0, 10);
  const shown = repositoryUrl === undefined ? short : `[${short}](${linked(`${repositoryUrl}/commit/${commit}`)})`;
  return message === undefined ? shown : `${shown} ${inline(message)}`;
}

function fileText(file: string, repositoryUrl: string | undefined, commit = "HEAD"): string {
  if (URL.canParse(file)) return `[${inline(file)}](${linked(file)})`;
  if (repositoryUrl === undefined) return inline(file);
  return `[${inline(file)}](${linked(`${repositoryUrl}/blob/${commit}/${file}`)})`;
}

/** An address that ends where it should, for a link in Markdown. */
export function linked(url: string): string {
  return (URL.parse(url)?.href ?? "")
    .replace(/[()|<>\s]/g, encodeURIComponent)
    .replaceAll("(", "%28")
    .replaceAll(")", "%29");
}
