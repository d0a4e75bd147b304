// Half an hour of a service with ten releases, two of them taken back, as Prometheus would have scraped it.
import { bucketEdges, observed } from "../../../components/ledger/counts.ts";
import { initialLedger, type Ledger } from "../../../components/ledger/ledger.ts";
import { noTotals, type Totals } from "../../../components/ledger/totals.ts";
import { metricsOf } from "../../../delivery/metrics/exposition.ts";
import { pastRelease, releaseUnderWay } from "../slots/live.ts";

/** Seconds between two scrapes. */
export const scrapeInterval = 15;
/** Length of the data, in seconds. */
export const length = 1800;

const begin = 60;
const every = 170;
const lasts = 110;
/** Which of the releases are taken back from users. */
const takenBack = [3, 7];

/** Samples with their times, as lines of OpenMetrics. */
export function sampleData(from: number, environment: string, service: string): string {
  const pushed = { environment, service, job: "atom" };
  const scraped = { namespace: `atom-${environment}`, job: service };
  const lines: string[] = [];
  for (let at = 0; at <= length; at += scrapeInterval) {
    lines.push(...page(metricsOf(ledgerAt(from, at), environment), pushed, from + at));
    for (const slot of ["blue", "green"])
      lines.push(...page(requestsOf(slot, at), { ...scraped, slot, version: versionIn(slot, at) }, from + at));
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** The samples of a page, with the labels that the scrape adds and its time. */
function page(text: string, labels: Readonly<Record<string, string>>, time: number): string[] {
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, name = "", own = "", value = ""] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const added = Object.entries(labels)
        .filter(([label]) => !own.includes(`${label}="`))
        .map(([label, content]) => `${label}="${content}"`);
      return `${name}{${[...(own === "" ? [] : [own]), ...added].join(",")}} ${value} ${time}`;
    });
}

const releases = Array.from({ length: 10 }, (_, index) => ({
  index,
  start: begin + index * every,
  end: begin + index * every + lasts,
}));

function ledgerAt(from: number, at: number): Ledger {
  const over = releases.filter(({ end }) => end <= at);
  const underWay = releases.find(({ start, end }) => start <= at && at < end);
  const iso = (seconds: number): string => new Date((from + seconds) * 1000).toISOString();
  const percent = underWay === undefined ? 0 : at - underWay.start < 40 ? 10 : 50;
  return {
    ...initialLedger("atom"),
    totals: over.reduce(counted, noTotals()),
    releases: over.toReversed().map(({ index, start, end }) => ({
      ...pastRelease,
      id: `r${index + 1}`,
      startedAt: iso(start),
      endedAt: iso(end),
      outcome: takenBack.includes(index) ? ("rolled-back" as const) : ("released" as const),
    })),
    current:
      underWay === undefined
        ? null
        : {
            ...releaseUnderWay,
            id: `r${underWay.index + 1}`,
            startedAt: iso(underWay.start),
            state: { ...releaseUnderWay.state, percent },
          },
  };
}

function counted(totals: Totals, { index }: (typeof releases)[number]): Totals {
  const back = takenBack.includes(index);
  const status = back ? "rolled_back" : "success";
  const more = (count: number, really = true): number => count + (really ? 1 : 0);
  return {
    ...totals,
    releases: { ...totals.releases, [status]: totals.releases[status] + 1 },
    seconds: observed(totals.seconds, bucketEdges.deployments, lasts + index),
    rollbacks: back ? { high_error_rate: more(totals.rollbacks.high_error_rate ?? 0) } : totals.rollbacks,
    smokeTests: { ...totals.smokeTests, passed: totals.smokeTests.passed + 1 },
    smokeSeconds: observed(totals.smokeSeconds, bucketEdges.smokeTests, 3),
    queries: {
      results: { ...totals.queries.results, success: totals.queries.results.success + 20 },
      seconds: observed(totals.queries.seconds, bucketEdges.queries, 0.05),
    },
    changeFailures: more(totals.changeFailures, back),
    dashboards: { ...totals.dashboards, updated: totals.dashboards.updated + 1 },
    leadSeconds: back ? totals.leadSeconds : observed(totals.leadSeconds, bucketEdges.leads, 1_500),
    returnSeconds: back ? observed(totals.returnSeconds, bucketEdges.returns, 0.3) : totals.returnSeconds,
  };
}

const endpoints = [
  { method: "POST", route: "/api/agents/execute", share: 0.6, seconds: 0.15 },
  { method: "GET", route: "/api/skills", share: 0.4, seconds: 0.02 },
];
const edges = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 1, 2.5, 5, 10];
const perSecond = 40;

/** The slots take turns; the candidate gets its share while a release is under way, and fails where it is to be taken back. */
function requestsOf(slot: string, at: number): string {
  const lines = [`up 1`];
  for (const { method, route, share, seconds } of endpoints) {
    const labels = `method="${method}",route="${route}"`;
    const { good, bad } = servedUntil(slot, at);
    const [ok, failed] = [Math.floor(good * share), Math.floor(bad * share)];
    lines.push(`http_requests_total{${labels},status="200"} ${ok}`);
    if (failed > 0) lines.push(`http_requests_total{${labels},status="500"} ${failed}`);
    for (const edge of [...edges, Number.POSITIVE_INFINITY]) {
      // Half of the requests take less than the endpoint's time, and nearly all of them less than twice that.
      const within = Math.floor(ok * (1 - 0.5 ** ((edge / seconds) ** 2)));
      const le = Number.isFinite(edge) ? String(edge) : "+Inf";
      lines.push(
        `http_request_duration_seconds_bucket{${labels},status="200",le="${le}"} ${Number.isFinite(edge) ? within : ok}`,
      );
    }
  }
  return lines.join("\n");
}

function servedUntil(slot: string, at: number): { readonly good: number; readonly bad: number } {
  let [good, bad] = [0, 0];
  for (let second = 0; second < at; second++) {
    const underWay = releases.find(({ start, end }) => start <= second && second < end);
    const active = activeAt(second);
    const candidateShare = underWay === undefined ? 0 : second - underWay.start < 40 ? 0.1 : 0.5;
    const share = slot === active ? 1 - candidateShare : candidateShare;
    const failing = slot !== active && underWay !== undefined && takenBack.includes(underWay.index) ? 0.05 : 0;
    good += perSecond * share * (1 - failing);
    bad += perSecond * share * failing;
  }
  return { good, bad };
}

function activeAt(second: number): string {
  const good = releases.filter(({ index, end }) => end <= second && !takenBack.includes(index)).length;
  return good % 2 === 0 ? "blue" : "green";
}

function versionIn(slot: string, at: number): string {
  const latest = releases.filter(({ start }) => start <= at).length;
  return slot === activeAt(at) ? `1.${Math.max(0, latest - 1)}.0` : `1.${latest}.0`;
}
