import { servingRelease, type Ledger } from "../../components/ledger/ledger.ts";
import { noTotals } from "../../components/ledger/totals.ts";
import { hasServed, type PastRelease } from "../../components/ledger/release-record.ts";
import { instant, seconds, share } from "./figures.ts";
import { storyOf, type Header, type ReleaseRecord } from "./story.ts";
import { Page, type Cell, type TerminalOptions } from "./terminal.ts";
import { outcomeWords, toneOf } from "./words.ts";

/** A release in a line; what `atom history --json` lists. */
export interface HistoryRow {
  readonly id: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly version: string;
  readonly image: string;
  readonly template: string;
  readonly slot: string;
  readonly mode: "canary" | "hotfix";
  readonly outcome: Header["outcome"];
  readonly reason: string | null;
  readonly durationSeconds: number;
  readonly by: string;
  /** It is what serves now. */
  readonly serves: boolean;
  /** It can be gone back to. */
  readonly kept: boolean;
}

/** How the releases on record went, against the targets of the product. Shares are 0 to 1. */
export interface Targets {
  /** Releases that were meant and are over. */
  readonly releases: number;
  readonly released: number;
  readonly rolledBack: number;
  /** The longest time from a verdict until the traffic was seen back, in seconds; null where none was. */
  readonly slowestReturn: number | null;
  /** Rollbacks that ended without having been seen in effect. */
  readonly returnsNotVerified: number;
  /** Smoke tests that are on record, and those that passed. */
  readonly smokeTests: number;
  readonly smokePassed: number;
  /** Requests to Prometheus by all releases that ever were, and those that were answered. */
  readonly queries: number;
  readonly queriesAnswered: number;
  /** Releases that had dashboards to bring, ever, and those that did. */
  readonly dashboards: number;
  readonly dashboardsUpdated: number;
}

/** All releases on record, the newest first. Pure. */
export function historyOf(ledger: Ledger): readonly HistoryRow[] {
  const serving = servingRelease(ledger);
  const records: readonly ReleaseRecord[] = [...(ledger.current === null ? [] : [ledger.current]), ...ledger.releases];
  return records.map((release) => {
    const { header } = storyOf(release, { service: ledger.service });
    const { to } = header;
    return {
      id: header.id,
      startedAt: header.startedAt,
      endedAt: header.endedAt ?? null,
      version: to.version,
      image: to.image,
      template: to.template,
      slot: to.slot,
      mode: header.mode,
      outcome: header.outcome,
      reason: header.cause?.reason ?? null,
      durationSeconds: header.durationSeconds,
      by: header.by,
      serves: release === serving,
      kept: isKept(release),
    };
  });
}

/** `atom history`. Pure. */
export function historyText(ledger: Ledger, options: TerminalOptions = {}): string {
  const page = new Page(options);
  const rows = historyOf(ledger);
  if (rows.length === 0) {
    page.paragraph({ text: `There is no release of ${ledger.service} on record.` });
    return page.toString();
  }
  const titles = ["release", "began (UTC)", "version", "mode", "outcome", "reason", "took", "by"];
  page.table([titles.map((text): Cell => ({ text, tone: "faint" })), ...rows.map(cellsOf)], 0);
  for (const line of targetLines(targetsOf(ledger))) page.paragraph(line);
  return page.toString();
}

function cellsOf(row: HistoryRow): readonly Cell[] {
  const { title } = outcomeWords[row.outcome];
  const word = `${title.toLowerCase()}${row.serves ? ", serves" : row.kept ? ", kept" : ""}`;
  return [
    { text: row.id, tone: "strong" },
    { text: instant(row.startedAt).slice(0, 16) },
    { text: row.version === "" ? "unknown" : row.version },
    { text: row.mode },
    { text: word, tone: toneOf({ outcome: row.outcome, observed: false }) },
    { text: row.reason ?? "" },
    { text: row.outcome === "baseline" ? "" : seconds(row.durationSeconds) },
    { text: row.by },
  ];
}

/** What the releases on record say. Pure. */
export function targetsOf({ releases, totals = noTotals() }: Pick<Ledger, "releases" | "totals">): Targets {
  const stories = releases.filter(({ outcome }) => outcome !== "baseline").map((release) => storyOf(release));
  const count = (outcome: Header["outcome"]): number =>
    stories.filter(({ header }) => header.outcome === outcome).length;
  const restored = stories.flatMap(({ restoration }) => restoration ?? []);
  const returns = restored.flatMap((each) => (each.result === "verified" ? [each.seconds] : []));
  const smoke = stories.flatMap((story) => story.smoke);
  return {
    releases: stories.length,
    released: count("released"),
    rolledBack: count("rolled-back"),
    slowestReturn: returns.length === 0 ? null : Math.max(...returns),
    returnsNotVerified: restored.filter(({ result }) => result === "not-verified").length,
    smokeTests: smoke.length,
    smokePassed: smoke.filter(({ passed }) => passed).length,
    queries: sum(totals.queries.results),
    queriesAnswered: totals.queries.results.success,
    dashboards: sum(totals.dashboards),
    dashboardsUpdated: totals.dashboards.updated,
  };
}

/** The targets, one line each; only of what was tried. */
export function targetLines(targets: Targets): readonly Cell[] {
  const { releases, released, rolledBack, slowestReturn, returnsNotVerified, smokeTests, smokePassed } = targets;
  const { queries, queriesAnswered, dashboards, dashboardsUpdated } = targets;
  if (releases === 0) return [];
  const line = (good: boolean, text: string): Cell => ({ text, tone: good ? "good" : "warning" });
  return [
    line(
      released / releases > 0.95,
      `${released} of ${releases} releases came through (${share(released / releases)}; the target is above 95 %)`,
    ),
    line(
      rolledBack / releases < 0.05,
      `${rolledBack} rolled back (${share(rolledBack / releases)}; the target is below 5 %)`,
    ),
    ...(slowestReturn === null
      ? []
      : [
          line(
            slowestReturn < 60,
            `rollbacks restored in at most ${seconds(slowestReturn)} after their verdict (the target is below 60 s)`,
          ),
        ]),
    ...(returnsNotVerified === 0
      ? []
      : [line(false, `${returnsNotVerified} ${returnsNotVerified === 1 ? "rollback" : "rollbacks"} not verified`)]),
    ...(smokeTests === 0
      ? []
      : [
          line(
            smokePassed / smokeTests > 0.98,
            `${smokePassed} of ${smokeTests} smoke tests passed (${share(smokePassed / smokeTests)}; the target is above 98 %)`,
          ),
        ]),
    ...(queries === 0
      ? []
      : [
          line(
            queriesAnswered / queries > 0.9,
            `${queriesAnswered} of ${queries} requests to Prometheus were answered (${share(queriesAnswered / queries)}; the target is above 90 %)`,
          ),
        ]),
    ...(dashboards === 0
      ? []
      : [
          line(
            dashboardsUpdated === dashboards,
            `${dashboardsUpdated} of ${dashboards} releases updated the dashboards (${share(dashboardsUpdated / dashboards)}; the target is all)`,
          ),
        ]),
  ];
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, each) => all + each, 0);
}

/** Whether a release can be gone back to: it served, and its template is kept. */
function isKept(release: ReleaseRecord): boolean {
  if (!("outcome" in release)) return false;
  const past = release as PastRelease;
  return hasServed(past) && past.podTemplate !== undefined;
}
